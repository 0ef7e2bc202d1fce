//! digits.rs: digits trained from Rust by `extern "C"`, with nothing but rustc.
//!
//!     rustc -O digits.rs -L DIRECTORY -l static=backprop

use std::ffi::{c_char, c_float, c_int, c_void, CStr};
use std::ptr::{null, null_mut};

#[repr(C)]
struct Layer {
    outputs: usize,
    activation: c_int,
    flags: u32,
    dropout: c_float,
    tied: u32,
    custom: *const c_void,
}

#[repr(C)]
struct Workspace {
    memory: *mut u8,
    bytes: usize,
    pool: *mut c_void,
}

#[repr(C)]
struct Batch {
    samples: usize,
    inputs: *const f32,
    targets: *const f32,
    classes: *const i32,
    weights: *const f32,
    first: usize,
    of: usize,
}

#[repr(C)]
struct Objective {
    size: usize,
    loss: c_int,
    reduction: c_int,
    label_smoothing: c_float,
    seed: u64,
    step: u64,
    custom: *const c_void,
}

/// bp_optimizer_init_f32() fills in what comes after the rate.
#[repr(C)]
#[derive(Default)]
struct Optimizer {
    size: usize,
    method: c_int,
    order: c_int,
    rate: c_float,
    more: [c_float; 13],
}

#[repr(C)]
struct State {
    steps: u64,
    slots: *mut f32,
    gradients: *mut f32,
}

const BP_GRADIENT_DESCENT: c_int = 0;
const BP_TANH: c_int = 2;
const BP_SOFTMAX: c_int = 9;
const BP_CROSS_ENTROPY: c_int = 4;
const PIXELS: usize = 64;
const SAMPLES: usize = 16;
const STEPS: usize = 1000;

extern "C" {
    fn bp_status_text(status: c_int) -> *const c_char;
    fn bp_kernels_named(name: *const c_char, kernels: *mut *const c_void) -> c_int;
    fn bp_network_size(layers: usize) -> usize;
    fn bp_network_init(
        memory: *mut u8, bytes: usize, kernels: *const c_void, inputs: usize, layers: *const Layer, count: usize,
        network: *mut *const c_void,
    ) -> c_int;
    fn bp_network_parameters(network: *const c_void) -> usize;
    fn bp_initialize_f32(network: *const c_void, seed: u64, parameters: *mut f32);
    fn bp_train_size_f32(network: *const c_void, samples: usize) -> usize;
    fn bp_optimizer_init_f32(optimizer: *mut Optimizer, size: usize, method: c_int, rate: c_float) -> c_int;
    fn bp_step_f32(
        network: *const c_void, parameters: *mut f32, batch: *const Batch, objective: *const Objective,
        optimizer: *const Optimizer, state: *mut State, workspace: *const Workspace, value: *mut f32,
    ) -> c_int;
}

fn check(status: c_int) {
    if status != 0 {
        // A status has a static sentence.
        panic!("{}", unsafe { CStr::from_ptr(bp_status_text(status)) }.to_string_lossy());
    }
}

fn main() {
    let path = std::env::args().nth(1).expect("usage: digits DIGITS_TXT");
    let text = std::fs::read_to_string(path).expect("the samples");
    let (mut inputs, mut classes) = (Vec::new(), Vec::new());
    for line in text.lines() {
        inputs.extend(line.bytes().take(PIXELS).map(|letter| f32::from(letter - b'A') / 16.0));
        classes.push(i32::from(line.as_bytes()[PIXELS] - b'0'));
    }

    let layers = [(32, BP_TANH), (10, BP_SOFTMAX)]
        .map(|(outputs, activation)| Layer { outputs, activation, flags: 0, dropout: 0.0, tied: 0, custom: null() });
    // Words, as a network wants to be aligned for any type.
    let mut memory = vec![0u128; (unsafe { bp_network_size(2) } + 15) / 16];
    let (mut kernels, mut network) = (null(), null());
    let (mut parameters, mut room);
    unsafe {
        check(bp_kernels_named(null(), &mut kernels));
        check(bp_network_init(
            memory.as_mut_ptr().cast(), memory.len() * 16, kernels, PIXELS, layers.as_ptr(), 2, &mut network,
        ));
        parameters = vec![0f32; bp_network_parameters(network)];
        bp_initialize_f32(network, 1, parameters.as_mut_ptr());
        room = vec![0u8; bp_train_size_f32(network, SAMPLES)];
    }
    let workspace = Workspace { memory: room.as_mut_ptr(), bytes: room.len(), pool: null_mut() };
    let objective = Objective {
        size: std::mem::size_of::<Objective>(),
        loss: BP_CROSS_ENTROPY,
        reduction: 0,
        label_smoothing: 0.0,
        seed: 0,
        step: 0,
        custom: null(),
    };
    let mut descent = Optimizer::default();
    check(unsafe {
        bp_optimizer_init_f32(&mut descent, std::mem::size_of::<Optimizer>(), BP_GRADIENT_DESCENT, 0.1)
    });
    let mut state = State { steps: 0, slots: null_mut(), gradients: null_mut() };
    for step in 0..STEPS {
        let first = step % (classes.len() / SAMPLES) * SAMPLES;
        let batch = Batch {
            samples: SAMPLES,
            inputs: inputs[first * PIXELS..].as_ptr(),
            targets: null(),
            classes: classes[first..].as_ptr(),
            weights: null(),
            first: 0,
            of: 0,
        };
        check(unsafe {
            bp_step_f32(
                network, parameters.as_mut_ptr(), &batch, &objective, &descent, &mut state, &workspace, null_mut(),
            )
        });
    }

    let hash = parameters.iter().fold(0xcbf29ce484222325u64, |hash, weight| {
        (hash ^ u64::from(weight.to_bits())).wrapping_mul(0x100000001b3)
    });
    println!("{hash:016x}");
}
