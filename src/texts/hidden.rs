//! Texts that a judge looks for and must not hold: it would find them in itself.

use std::hint::black_box;

/// A text stored with its bits flipped. Made by the macro of this name.
#[derive(Clone, Copy, Debug)]
pub struct Hidden(#[doc(hidden)] pub &'static [u8]);

impl Hidden {
    /// The text.
    pub fn reveal(self) -> String {
        // Without the black box the compiler would flip the bits itself and store the text.
        black_box(self.0).iter().map(|byte| char::from(!byte)).collect()
    }

    /// Whether it is `text`.
    pub fn is(self, text: &[u8]) -> bool {
        text.len() == self.0.len() && text.iter().zip(self.0).all(|(shown, flipped)| *shown == !flipped)
    }
}

#[doc(hidden)]
pub const fn flip<const N: usize>(text: &[u8]) -> [u8; N] {
    let mut flipped = [0; N];
    let mut at = 0;
    while at < N {
        flipped[at] = !text[at];
        at += 1;
    }
    flipped
}

/// Stores an ASCII literal so that the program does not hold it.
macro_rules! hidden {
    ($text:literal) => {{
        const TEXT: &[u8] = $text.as_bytes();
        const FLIPPED: [u8; TEXT.len()] = $crate::texts::flip(TEXT);
        $crate::texts::Hidden(&FLIPPED)
    }};
}
pub(crate) use hidden;

#[cfg(test)]
mod tests {
    #[test]
    fn what_was_hidden_is_revealed() {
        let hidden = hidden!("\0GLIBC_2.");
        assert!(hidden.0.iter().all(|byte| !byte.is_ascii()));
        assert_eq!(hidden.reveal(), "\0GLIBC_2.");
        assert!(hidden.is(b"\0GLIBC_2.") && !hidden.is(b"\0GLIBC_3.") && !hidden.is(b""));
    }
}
