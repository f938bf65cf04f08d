"""What a reader sees of ``results/`` beside the text. Reads pages and results; runs nothing."""
