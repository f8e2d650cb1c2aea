//! The devices that llama.cpp can compute with, and how much of a model goes to a graphics processor.

use llama_cpp_2::{LlamaBackendDevice, LlamaBackendDeviceType, list_llama_ggml_backend_devices};

use crate::{Device, SelfTest};

use super::kernels::load_kernels;

/// What a graphics processor needs beside weights and context, of which nobody tells how much it is.
const RESERVE_BYTES: u64 = 512 << 20;

/// Lists the devices that this build can compute with, the processor among them. Loads the kernels, tested if a test is
/// given; the error says why they cannot be.
pub fn list_devices(self_test: Option<&SelfTest>) -> Result<Vec<Device>, String> {
    load_kernels(self_test)?;
    Ok(list_llama_ggml_backend_devices().into_iter().map(describe).collect())
}

fn describe(device: LlamaBackendDevice) -> Device {
    Device {
        is_graphics: is_graphics(&device),
        name: device.name,
        description: device.description,
        backend: device.backend,
        free_bytes: device.memory_free as u64,
        total_bytes: device.memory_total as u64,
    }
}

fn is_graphics(device: &LlamaBackendDevice) -> bool {
    use LlamaBackendDeviceType::{Gpu, IntegratedGpu};
    matches!(device.device_type, Gpu | IntegratedGpu)
}

/// Gives the free memory of all graphics processors together; `None` if there is none.
pub fn free_graphics_bytes() -> Option<u64> {
    let devices = list_llama_ggml_backend_devices().into_iter().filter(is_graphics);
    let free: Vec<u64> = devices.map(|device| device.memory_free as u64).collect();
    (!free.is_empty()).then(|| free.iter().sum())
}

/// Gives how many of a model's layers fit into so much memory, if all take as much of what it needs; one more than there
/// are if all of it fits, for what comes before and behind them.
pub fn layers_that_fit(layers: u32, needed_bytes: u64, free_bytes: u64) -> u32 {
    let free = free_bytes.saturating_sub(RESERVE_BYTES);
    if needed_bytes <= free {
        return layers.saturating_add(1);
    }
    let share = free as f64 / needed_bytes as f64;
    (f64::from(layers) * share) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_layers_as_there_is_memory_for() {
        let mib = 1 << 20;
        assert_eq!(layers_that_fit(24, 1000 * mib, 4096 * mib), 25);
        assert_eq!(layers_that_fit(24, 2000 * mib, 1512 * mib), 12);
        assert_eq!(layers_that_fit(24, 2000 * mib, 512 * mib), 0);
        assert_eq!(layers_that_fit(0, 1, 0), 0);
    }
}
