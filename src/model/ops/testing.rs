//! For tests of operations: noise, distances, and gradients against finite differences.

use candle_core::{Device, Result, Tensor, Var};
use rand::Rng as _;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

/// Numbers between -1 and 1, the same for the same seed.
pub fn noise(shape: &[usize], seed: u64) -> Tensor {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let numbers: Vec<f32> = (0..shape.iter().product()).map(|_| random.random_range(-1.0..1.0)).collect();
    Tensor::from_vec(numbers, shape, &Device::Cpu).expect("a tensor")
}

/// The largest difference between two tensors.
pub fn furthest(a: &Tensor, b: &Tensor) -> f32 {
    let difference = (a - b).and_then(|d| d.abs()).and_then(|d| d.max_all()).and_then(|d| d.to_scalar());
    difference.expect("tensors of one shape")
}

/// Every gradient of `Σ w f(inputs)`, with fixed noise w, is there and agrees with central differences.
pub fn slopes_agree(inputs: &[Tensor], f: impl Fn(&[Tensor]) -> Result<Tensor>) {
    let weighted = |inputs: &[Tensor]| -> Tensor {
        let out = f(inputs).expect("a pass");
        let weights = noise(out.dims(), 99);
        (out * weights).and_then(|product| product.sum_all()).expect("a sum")
    };
    let variables: Vec<Var> = inputs.iter().map(|x| Var::from_tensor(x).expect("a variable")).collect();
    let tracked: Vec<Tensor> = variables.iter().map(|variable| variable.as_tensor().clone()).collect();
    let gradients = weighted(&tracked).backward().expect("a backward pass");
    for (which, variable) in variables.iter().enumerate() {
        let gradient = gradients.get(variable).unwrap_or_else(|| panic!("input {which} has no gradient"));
        let gradient: Vec<f32> = gradient.flatten_all().and_then(|g| g.to_vec1()).expect("numbers");
        let numbers: Vec<f32> = inputs[which].flatten_all().and_then(|x| x.to_vec1()).expect("numbers");
        for (place, slope) in gradient.iter().enumerate() {
            let moved = |step: f32| {
                let mut numbers = numbers.clone();
                numbers[place] += step;
                let mut inputs = inputs.to_vec();
                inputs[which] = Tensor::from_vec(numbers, inputs[which].shape(), &Device::Cpu).expect("a tensor");
                weighted(&inputs).to_scalar::<f32>().expect("a number")
            };
            let difference = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!(
                (slope - difference).abs() < 2e-3 + 1e-2 * difference.abs(),
                "input {which} at {place}: gradient {slope}, difference {difference}"
            );
        }
    }
}
