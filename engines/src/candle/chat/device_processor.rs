//! Where networks are computed, in a build for the processor alone.

use candle_core::Device;

/// Opens the processor.
pub fn open_device() -> Device {
    Device::Cpu
}
