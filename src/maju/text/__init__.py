"""From texts to numbers, as Keras's TextVectorization does it: tokens, a vocabulary, and their ids."""

from maju.text.vectorizer import TextVectorizer
from maju.text.vocabulary import learn_vocabulary, read_vocabulary

__all__ = ["TextVectorizer", "learn_vocabulary", "read_vocabulary"]
