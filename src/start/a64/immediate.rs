//! Data processing with an immediate.

use super::{Cpu, Step, Stop, bit, bits, mask, signed};

impl Cpu {
    pub(super) fn immediate(&mut self, word: u32, here: u64) -> Step {
        let wide = bit(word, 31);
        let (rd, rn) = (bits(word, 0, 5), bits(word, 5, 5));
        match bits(word, 23, 3) {
            0 | 1 => {
                let offset = signed(u64::from(bits(word, 5, 19) << 2 | bits(word, 29, 2)), 21);
                let value =
                    if wide { (here & !0xfff).wrapping_add(offset << 12) } else { here.wrapping_add(offset) };
                self.write(rd, true, value);
            }
            2 => {
                let immediate = u64::from(bits(word, 10, 12)) << if bit(word, 22) { 12 } else { 0 };
                self.add_immediate(word, wide, immediate);
            }
            4 => {
                let (n, immr, imms) = (bits(word, 22, 1), bits(word, 16, 6), bits(word, 10, 6));
                let pattern = logical_pattern(n, imms, immr, wide).ok_or(Stop::Unknown { word })?;
                let x = self.read(rn, wide);
                let result = match bits(word, 29, 2) {
                    0 | 3 => x & pattern,
                    1 => x | pattern,
                    _ => x ^ pattern,
                };
                if bits(word, 29, 2) == 3 {
                    self.set_logic_flags(result, wide);
                    self.write(rd, wide, result);
                } else {
                    self.write_sp(rd, wide, result);
                }
            }
            5 => {
                let shift = bits(word, 21, 2) * 16;
                let immediate = u64::from(bits(word, 5, 16)) << shift;
                let value = match bits(word, 29, 2) {
                    0 => !immediate,
                    2 => immediate,
                    3 => self.read(rd, wide) & !(0xffff << shift) | immediate,
                    _ => return Err(Stop::Unknown { word }),
                };
                self.write(rd, wide, value);
            }
            6 => self.bitfield(word, wide)?,
            7 => {
                let (low, high) = (self.read(bits(word, 16, 5), wide), self.read(rn, wide));
                let (shift, size) = (bits(word, 10, 6), if wide { 64 } else { 32 });
                let joined = u128::from(high) << size | u128::from(low);
                self.write(rd, wide, (joined >> shift) as u64);
            }
            _ => return Err(Stop::Unknown { word }),
        }
        Ok(())
    }

    fn add_immediate(&mut self, word: u32, wide: bool, immediate: u64) {
        let x = self.read_sp(bits(word, 5, 5));
        let subtract = bit(word, 30);
        let (result, flags) = Self::add(x, if subtract { !immediate } else { immediate }, subtract, wide);
        if bit(word, 29) {
            self.flags = flags;
            self.write(bits(word, 0, 5), wide, result);
        } else {
            self.write_sp(bits(word, 0, 5), wide, result);
        }
    }

    fn bitfield(&mut self, word: u32, wide: bool) -> Step {
        let size = if wide { 64 } else { 32 };
        let (rotate, last) = (bits(word, 16, 6), bits(word, 10, 6));
        if rotate >= size || last >= size {
            return Err(Stop::Unknown { word });
        }
        let x = self.read(bits(word, 5, 5), wide);
        // Either a field is moved down to bit 0, or the low bits are moved up.
        let (field, width, place) = if last >= rotate {
            let width = last - rotate + 1;
            (x >> rotate & mask(width), width, 0)
        } else {
            (x & mask(last + 1), last + 1, size - rotate)
        };
        let rd = bits(word, 0, 5);
        let value = match bits(word, 29, 2) {
            0 => signed(field, width) << place,
            1 => self.read(rd, wide) & !(mask(width) << place) | field << place,
            2 => field << place,
            _ => return Err(Stop::Unknown { word }),
        };
        self.write(rd, wide, value);
        Ok(())
    }
}

/// The bit pattern of a logical immediate (`DecodeBitMasks` of the manual), or nothing if it is reserved.
fn logical_pattern(n: u32, imms: u32, immr: u32, wide: bool) -> Option<u64> {
    let length = (n << 6 | (!imms & 0x3f)).checked_ilog2()?;
    if length == 0 || (!wide && n == 1) {
        return None;
    }
    let size = 1 << length;
    let (ones, rotate) = (imms & (size - 1), immr & (size - 1));
    if ones == size - 1 {
        return None;
    }
    let element = mask(ones + 1);
    let rotated =
        if rotate == 0 { element } else { (element >> rotate | element << (size - rotate)) & mask(size) };
    Some((0..64 / size).fold(0, |pattern, index| pattern | rotated << (index * size)))
}

#[cfg(test)]
mod tests {
    use super::logical_pattern;

    #[test]
    fn patterns_of_logical_immediates() {
        // and x0, x0, #0xfffffffffffff000; orr w0, w0, #0x55555555; movi of a single bit; 0x00ff00ff….
        assert_eq!(logical_pattern(1, 0b11_0011, 0b11_0100, true), Some(0xffff_ffff_ffff_f000));
        assert_eq!(logical_pattern(0, 0b11_1100, 0, false), Some(0x5555_5555_5555_5555));
        assert_eq!(logical_pattern(1, 0, 0, true), Some(1));
        assert_eq!(logical_pattern(0, 0b10_0111, 0, true), Some(0x00ff_00ff_00ff_00ff));
        assert_eq!(logical_pattern(1, 0b11_1111, 0, true), None);
    }
}
