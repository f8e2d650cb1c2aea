//! Where networks are computed, in a build for graphics cards: the first card, else the processor.

use candle_core::Device;

/// Whether networks may be computed on a graphics card.
pub const USES_CARDS: bool = true;

/// Opens the first card of the kind that was built for, if this machine has one.
pub fn open_device() -> Device {
    let kinds: [fn(usize) -> candle_core::Result<Device>; 2] =
        [Device::new_cuda, Device::new_metal];
    for open in kinds {
        match open(0) {
            Ok(device) => return device,
            Err(error) => tracing::debug!(%error, "a kind of graphics card is not used"),
        }
    }
    tracing::info!("no graphics card was found; candle computes on the processor");
    Device::Cpu
}
