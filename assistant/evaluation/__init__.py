"""Golden questions, retrieval, answer and safety scores: is the assistant as good as promised?"""
