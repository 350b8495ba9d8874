"""What visitors see: the chat page and the server around it. Pages only draw."""
