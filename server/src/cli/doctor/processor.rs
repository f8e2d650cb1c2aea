//! What llama.cpp computes with on this machine: kernels for the processor, and devices.

use quire_domain::GpuLayers;
use quire_engines::Device;

use super::check::Check;
use crate::backends;
use crate::cli::output::size;

/// Tests the kernels and tells which are used; a build without llama.cpp has none to test.
pub async fn kernels() -> Option<Check> {
    let found = tokio::task::spawn_blocking(backends::find_kernels).await;
    let found = found.unwrap_or_else(|error| Some(Err(error.to_string())))?;
    Some(match found {
        Ok(kernels) => {
            let refused = kernels.refused.iter();
            let refused: Vec<String> =
                refused.map(|it| format!("{}: {}", it.name, it.reason)).collect();
            let not_used = match refused.as_slice() {
                [] => String::new(),
                refused => format!(" (not used: {})", refused.join("; ")),
            };
            Check::ok("processor", format!("llama.cpp's kernels for {}{not_used}", kernels.name))
        }
        Err(reason) => Check::broken("processor", reason, "build or install Quire anew"),
    })
}

/// Tells which devices were found, and which of them models are computed with.
pub async fn devices(layers: GpuLayers) -> Option<Check> {
    let found = tokio::task::spawn_blocking(backends::list_devices).await;
    let found = found.unwrap_or_else(|error| Some(Err(error.to_string())))?;
    Some(match found {
        Ok(devices) => describe(&devices, layers),
        // The processor's own line says what to do.
        Err(reason) => Check::broken("devices", reason, "see above"),
    })
}

fn describe(devices: &[Device], layers: GpuLayers) -> Check {
    let line = |device: &Device| {
        let Device { name, description, backend, .. } = device;
        let is_used = !device.is_graphics || layers != GpuLayers::Off;
        let use_of = if is_used { "used" } else { "found, not used" };
        let memory = format!("{} of {} free", size(device.free_bytes), size(device.total_bytes));
        format!("{name} ({description}, {backend}, {memory}): {use_of}")
    };
    let lines: Vec<String> = devices.iter().map(line).collect();
    let told = lines.join("; ");
    let has_graphics = devices.iter().any(|device| device.is_graphics);
    match (has_graphics, layers) {
        (true, _) => {
            Check::ok("devices", format!("{told}; layers on graphics processors: {layers}"))
        }
        (false, GpuLayers::Auto | GpuLayers::Off) => {
            Check::ok("devices", format!("{told}; no graphics processor that this build can use"))
        }
        (false, _) => Check::warning(
            "devices",
            format!(
                "{told}; `--gpu-layers {layers}` has no effect: there is no graphics processor that this build can use"
            ),
            "build Quire with one of the features `cuda`, `metal`, `vulkan` and `rocm`, or leave out `--gpu-layers`",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(name: &str, is_graphics: bool) -> Device {
        let (description, backend) = ("A device".to_owned(), "CPU".to_owned());
        let (free_bytes, total_bytes) = (1 << 30, 2 << 30);
        Device { name: name.to_owned(), description, backend, is_graphics, free_bytes, total_bytes }
    }

    #[test]
    fn it_is_told_which_devices_are_used() {
        let both = [device("CPU", false), device("CUDA0", true)];
        let used = describe(&both, GpuLayers::Auto).detail;
        assert!(used.contains("CUDA0") && !used.contains("not used"), "{used}");
        let off = describe(&both, GpuLayers::Off).detail;
        assert!(off.contains("): used; CUDA0"), "{off}");
        assert!(off.contains("found, not used"), "{off}");
        let none = describe(&both[..1], GpuLayers::Max);
        assert!(none.fix.is_some() && none.detail.contains("has no effect"), "{}", none.detail);
        assert!(describe(&both[..1], GpuLayers::Auto).fix.is_none());
    }
}
