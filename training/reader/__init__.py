"""How the reader was made: data, pairs, fine-tuning, compression, calibration.

python -m training.reader DATA      the adapter, then its figures on held-out documents
python -m training.reader.final     its score and threshold, on whole answers
python -m training.reader.named M   the threshold for another reader
"""
