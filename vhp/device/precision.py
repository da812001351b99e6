"""bf16 matrix products where the processor has them; everything else stays float32."""

import logging

import torch

logger = logging.getLogger(__name__)

PRECISIONS = ("float32", "bf16")


def has_bf16(device: torch.device) -> bool:
    """Whether bf16 matrix products are done in hardware; emulated ones are slower than float32."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()


def usable(precision: str, device: torch.device) -> str:
    """The precision itself, or "float32" where the device has no such matrix products; with a warning."""
    if precision not in PRECISIONS:
        raise ValueError(f"unknown precision {precision!r}; expected one of {', '.join(PRECISIONS)}")
    if precision == "bf16" and not has_bf16(device):
        logger.warning("bf16 matrix products are not used: this %s has none; running in float32", device.type)
        return "float32"
    return precision


def autocast(precision: str, device: torch.device) -> torch.autocast:
    """A context in which linear layers run in the given precision ("float32" or "bf16")."""
    enabled = usable(precision, device) == "bf16"
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=enabled, cache_enabled=False)
