//! Multiples of points of SM2's curve, for public data only: how long it takes depends on the numbers.

use sm2::elliptic_curve::Group;
use sm2::{ProjectivePoint, Scalar};

/// Bits of a digit. Odd digits below 2^5 in amount need 16 multiples of a point, and one digit in 7 is not 0 on average.
const WIDTH: usize = 6;

/// Digits of a number of 256 bits: one more for a carry.
const DIGITS: usize = 257;

/// The odd multiples of a point, 1 to 31 times.
pub struct Multiples([ProjectivePoint; 1 << (WIDTH - 2)]);

impl Multiples {
    pub fn new(point: ProjectivePoint) -> Self {
        let twice = point.double();
        let mut next = point;
        Self(std::array::from_fn(|_| {
            let this = next;
            next += twice;
            this
        }))
    }

    fn add(&self, sum: &mut ProjectivePoint, digit: i8) {
        let point = &self.0[usize::from(digit.unsigned_abs() / 2)];
        match digit {
            0 => {}
            1.. => *sum += point,
            _ => *sum -= point,
        }
    }
}

/// a A + b B: both share the doublings.
pub fn combine(a: &Scalar, points: &Multiples, b: &Scalar, others: &Multiples) -> ProjectivePoint {
    let (a, b) = (digits(a), digits(b));
    let mut sum = ProjectivePoint::IDENTITY;
    for (a, b) in a.into_iter().zip(b).rev().skip_while(|digits| *digits == (0, 0)) {
        sum = sum.double();
        points.add(&mut sum, a);
        others.add(&mut sum, b);
    }
    sum
}

/// The number in digits, the lowest first, of which each is 0 or odd and no two within [`WIDTH`] places are not 0
/// (non-adjacent form; Guide to Elliptic Curve Cryptography, algorithm 3.35).
fn digits(number: &Scalar) -> [i8; DIGITS] {
    let bytes: [u8; 32] = number.to_bytes().into();
    let bit = |at: usize| bytes.get(31_usize.wrapping_sub(at / 8)).map_or(0, |byte| byte >> (at % 8) & 1);
    let mut digits = [0; DIGITS];
    let (mut at, mut carry) = (0, 0);
    while at < DIGITS {
        if bit(at) == carry {
            at += 1;
            continue;
        }
        let window = (0..WIDTH).fold(carry, |sum, place| sum + (bit(at + place) << place)) as i8;
        carry = u8::from(window >= 1 << (WIDTH - 1));
        digits[at] = window - ((carry as i8) << WIDTH);
        at += WIDTH;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_multiples_are_those_of_the_crate() {
        let base = ProjectivePoint::GENERATOR;
        let other = base * Scalar::from(0x1234_5678_9abc_def1_u64);
        let (bases, others) = (Multiples::new(base), Multiples::new(other));
        let mut numbers: Vec<Scalar> = (0..70u64).map(Scalar::from).collect();
        let mut power = Scalar::ONE;
        for _ in 0..256 {
            numbers.extend([power, power - Scalar::ONE, -power]);
            power = power + power;
        }
        // All digits are looked at in the test below; here an eighth of the numbers will do.
        for pair in numbers.windows(2).step_by(8) {
            let sum = base * pair[0] + other * pair[1];
            assert_eq!(combine(&pair[0], &bases, &pair[1], &others), sum, "{pair:?}");
        }
        assert_eq!(combine(&Scalar::ONE, &bases, &-Scalar::ONE, &bases), ProjectivePoint::IDENTITY);
    }

    #[test]
    fn digits_are_odd_small_and_far_apart() {
        let mut number = Scalar::from(0xdead_beef_0bad_cafe_u64);
        for _ in 0..200 {
            number = number * number + Scalar::ONE;
            let digits = digits(&number);
            let mut value = Scalar::ZERO;
            for digit in digits.iter().rev() {
                let amount = Scalar::from(u64::from(digit.unsigned_abs()));
                value = value + value + if *digit < 0 { -amount } else { amount };
                assert!(*digit == 0 || digit % 2 != 0 && digit.unsigned_abs() < 32);
            }
            assert_eq!(value, number);
            assert!(digits.windows(WIDTH).all(|near| near.iter().filter(|digit| **digit != 0).count() <= 1));
        }
    }
}
