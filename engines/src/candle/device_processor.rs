//! Where networks are computed, in a build for the processor alone.

use candle_core::Device;

/// Whether networks may be computed on a graphics card.
pub const USES_CARDS: bool = false;

/// Opens the processor.
pub fn open_device() -> Device {
    Device::Cpu
}
