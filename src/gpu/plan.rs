//! A step as data: which kernels, on which buffers, in which order.

use std::sync::Arc;

use super::device::{Device, View};
use super::launch::{Launch, Launches};
use super::pipelines::Pipeline;
use super::{GpuError, Kernel, Shader};

/// Workgroups that WebGPU allows in one dimension of a grid.
pub(super) const MOST_WORKGROUPS: usize = 65_535;

/// One kernel with everything it reads and writes bound, ready to be launched any number of times.
pub struct Dispatch {
    kernel: Kernel,
    section: &'static str,
    bindings: Vec<(String, u64)>,
    pipeline: Arc<Pipeline>,
    bind_group: wgpu::BindGroup,
    /// In both dimensions of the grid.
    workgroups: [u32; 2],
}

impl Dispatch {
    /// Binds `buffers`, by the names the shader gives them, to `kernel`. They are as large as it is made
    /// for: it does not look.
    ///
    /// # Errors
    /// If the grid is larger than WebGPU allows, or the driver refuses the kernel.
    ///
    /// # Panics
    /// If a name is missing or unknown: kernels are part of the program, not of its input.
    pub(crate) fn new(
        device: &Device,
        kernel: Kernel,
        buffers: &[(&str, &View)],
    ) -> Result<Self, GpuError> {
        let pipeline = device.pipelines().of(&kernel)?;
        Self::of_pipeline(device, kernel, pipeline, buffers)
    }

    /// As [`Dispatch::new`], from `shader` in place of the kernel's own: for the negative controls of
    /// the verification.
    ///
    /// # Errors
    /// If its text is not valid WGSL, and as [`Dispatch::new`].
    pub(crate) fn with_shader(
        device: &Device,
        kernel: Kernel,
        shader: &Shader,
        buffers: &[(&str, &View)],
    ) -> Result<Self, GpuError> {
        let pipeline = device.pipelines().of_shader(shader, &kernel)?;
        Self::of_pipeline(device, kernel, pipeline, buffers)
    }

    /// As [`Dispatch::with_shader`], but compiled as the program's own shaders are, without wgpu's
    /// checks: under them a stray access is not made, or is made elsewhere.
    ///
    /// # Errors
    /// As [`Dispatch::with_shader`].
    ///
    /// # Safety
    /// When the dispatch is launched, all loops of `shader` must end, and no access may leave its
    /// arrays or `buffers`.
    pub(crate) unsafe fn with_unchecked_shader(
        device: &Device,
        kernel: Kernel,
        shader: &Shader,
        buffers: &[(&str, &View)],
    ) -> Result<Self, GpuError> {
        // SAFETY: the caller's.
        let pipeline = unsafe { device.pipelines().of_unchecked_shader(shader, &kernel)? };
        Self::of_pipeline(device, kernel, pipeline, buffers)
    }

    fn of_pipeline(
        device: &Device,
        kernel: Kernel,
        pipeline: Arc<Pipeline>,
        buffers: &[(&str, &View)],
    ) -> Result<Self, GpuError> {
        let [across, models] = pipeline.entry.workgroups(&kernel);
        if across.max(models) > MOST_WORKGROUPS {
            return Err(GpuError::TooManyWorkgroups {
                kernel: kernel.name,
                workgroups: across.max(models),
                limit: MOST_WORKGROUPS,
            });
        }
        let workgroups = [across as u32, models as u32];
        let bindings = &pipeline.entry.bindings;
        assert_eq!(
            bindings.len(),
            buffers.len(),
            "{}: bound {buffers:?}",
            kernel.name
        );
        let entries: Vec<wgpu::BindGroupEntry> = bindings
            .iter()
            .map(|(name, binding)| {
                let (_, view) = buffers
                    .iter()
                    .find(|(bound, _)| bound == name)
                    .unwrap_or_else(|| panic!("{}: '{name}' is not bound", kernel.name));
                wgpu::BindGroupEntry {
                    binding: *binding,
                    resource: view.binding(),
                }
            })
            .collect();
        let bind_group = device.create_bind_group(&pipeline.pipeline, &entries);
        device.check()?;
        let sizes = buffers
            .iter()
            .map(|(name, view)| ((*name).to_owned(), view.size()));
        Ok(Self {
            kernel,
            section: "",
            bindings: sizes.collect(),
            pipeline,
            bind_group,
            workgroups,
        })
    }

    /// The kernel.
    pub fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    /// The part of the step it belongs to, for example a layer's name; empty in plans that name
    /// none.
    pub fn section(&self) -> &'static str {
        self.section
    }

    /// Section and kernel, as in `C3 conv.forward`.
    pub fn label(&self) -> String {
        format!("{} {}", self.section, self.kernel.name)
    }

    /// What is bound: name and size in bytes.
    pub fn bindings(&self) -> &[(String, u64)] {
        &self.bindings
    }

    /// Workgroups of its grid, those of all models.
    pub fn workgroups(&self) -> usize {
        let [across, models] = self.workgroups;
        across as usize * models as usize
    }

    /// Invocations of these workgroups, those beyond the end of the tensors included.
    pub fn invocations(&self) -> usize {
        self.workgroups() * self.pipeline.entry.workgroup_size(&self.kernel)
    }

    /// Launches it in `pass`.
    pub(super) fn encode(&self, pass: &mut wgpu::ComputePass) {
        pass.set_pipeline(&self.pipeline.pipeline);
        pass.set_bind_group(0, &self.bind_group, &[]);
        let [across, models] = self.workgroups;
        pass.dispatch_workgroups(across, models, 1);
    }
}

/// A list of dispatches; each sees what those before it wrote.
#[derive(Default)]
pub struct Plan {
    dispatches: Vec<Dispatch>,
}

impl Plan {
    /// The plan of `launches`: compiled and bound.
    pub(super) fn of(device: &Device, launches: Launches) -> Result<Self, GpuError> {
        let kernels = launches.list.iter().map(|(_, launch)| &launch.kernel);
        device.pipelines().compile(kernels)?;
        let dispatch = |(section, launch): (&'static str, Launch)| {
            let bindings = launch.bindings.iter();
            let buffers: Vec<(&str, &View)> = bindings.map(|(name, view)| (*name, view)).collect();
            let dispatch = Dispatch::new(device, launch.kernel, &buffers)?;
            Ok(Dispatch {
                section,
                ..dispatch
            })
        };
        let dispatches = launches.list.into_iter().map(dispatch);
        Ok(Self {
            dispatches: dispatches.collect::<Result<_, GpuError>>()?,
        })
    }

    /// Adds a dispatch.
    pub(crate) fn push_dispatch(&mut self, dispatch: Dispatch) {
        self.dispatches.push(dispatch);
    }

    /// The dispatches in order.
    pub fn dispatches(&self) -> &[Dispatch] {
        &self.dispatches
    }

    /// Writes the plan `times` times over into one compute pass of `encoder`.
    pub(super) fn encode(&self, encoder: &mut wgpu::CommandEncoder, times: usize) {
        encode_dispatches(encoder, &self.dispatches, times);
    }

    /// Runs the dispatch at `index` alone, `times` times over, and waits for it, so that it can be
    /// timed.
    ///
    /// # Errors
    /// If the device reported an error.
    pub async fn run_dispatch(
        &self,
        device: &Device,
        index: usize,
        times: usize,
    ) -> Result<(), GpuError> {
        let mut encoder = device.encoder();
        encode_dispatches(&mut encoder, &self.dispatches[index..=index], times);
        device.run(encoder).await
    }

    /// Runs the plan once and waits for it.
    ///
    /// # Errors
    /// If the device reported an error.
    pub async fn run(&self, device: &Device) -> Result<(), GpuError> {
        let mut encoder = device.encoder();
        self.encode(&mut encoder, 1);
        device.run(encoder).await
    }
}

/// Writes `dispatches` `times` times over into one compute pass of `encoder`.
pub(super) fn encode_dispatches(
    encoder: &mut wgpu::CommandEncoder,
    dispatches: &[Dispatch],
    times: usize,
) {
    let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
    for _ in 0..times {
        for dispatch in dispatches {
            dispatch.encode(&mut pass);
        }
    }
}
