//! How many signatures are made and verified in a second, and keys read, by the library: for benches/sign.

use std::hint::black_box;

use sarsen::key::{Algorithm, PublicKey, SecretKey, Sign, USUAL_IDENTITY};

fn main() {
    let message = [7; 32];
    for (algorithm, identity) in [(Algorithm::Ed25519, None), (Algorithm::Sm2, Some(USUAL_IDENTITY))] {
        let key = SecretKey::generate(algorithm, identity).expect("random bytes");
        let signature = key.sign(&message).expect("a key signs");
        let sign = best(|| drop(black_box(key.sign(black_box(&message)))));
        let verify = best(|| key.public().verify(black_box(&message), &signature).expect("it fits"));
        let text = key.public().pem();
        let read = best(|| drop(PublicKey::parse(black_box(text.as_bytes()), "key", None)));
        println!("{algorithm} {sign:.0} {verify:.0} {read:.0}");
    }
}

/// Calls of `work` in a second of this process's time, at best: other processes may be busy.
fn best(mut work: impl FnMut()) -> f64 {
    let mut best = f64::MIN;
    for _ in 0..5 {
        let start = spent();
        let mut calls = 0;
        while spent() - start < 0.2 {
            (0..64).for_each(|_| work());
            calls += 64;
        }
        best = best.max(f64::from(calls) / (spent() - start));
    }
    best
}

/// Seconds that processors have spent on this process (proc(5), schedstat).
fn spent() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").expect("Linux has it");
    text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse().ok()).map_or(0.0, |n: f64| n / 1e9)
}
