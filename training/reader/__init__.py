"""How the reader was made: data, pairs, fine-tuning, compression, calibration.

python -m training.reader train --data DIR      the adapter and its calibration
python -m training.reader report --data DIR     its figures on held-out documents
"""
