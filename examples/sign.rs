//! How many signatures are made and verified in a second, and keys read, by the library: for benches/sign.

use std::hint::black_box;
use std::time::{Duration, Instant};

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

/// Calls of `work` in a second, at best.
fn best(mut work: impl FnMut()) -> f64 {
    let mut best = f64::MIN;
    for _ in 0..5 {
        let start = Instant::now();
        let mut calls = 0;
        while start.elapsed() < Duration::from_millis(200) {
            (0..16).for_each(|_| work());
            calls += 16;
        }
        best = best.max(f64::from(calls) / start.elapsed().as_secs_f64());
    }
    best
}
