"""Losses of quality. RGB (h, w, 3) uint8 in and out."""

import cv2
import numpy as np

from core.pictures.jpeg import decode_jpeg, encode_jpeg
from core.pictures.pixels import Rgb
from training.distortion.views.geometry import scaled_to_width


def jpeg(picture: Rgb, quality: int) -> Rgb:
    """Through a JPEG file of this quality (1..100)."""
    return decode_jpeg(encode_jpeg(picture, quality))


def blurred(picture: Rgb, sigma: float) -> Rgb:
    """Gaussian blur; `sigma` as a share of the width."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), max(0.1, sigma * picture.shape[1])), np.uint8)


def thumbnail(picture: Rgb, width: int) -> Rgb:
    """Scaled to `width` pixels across."""
    return scaled_to_width(picture, width)


def noisy(picture: Rgb, deviation: float, rng: np.random.Generator) -> Rgb:
    """Gaussian noise of this deviation in grey levels."""
    noise = rng.standard_normal(picture.shape, np.float32) * deviation
    return np.clip(picture + noise, 0, 255).astype(np.uint8)
