//! The table of section names, in which a name that ends another one takes no room.

/// The table and the offset of each name in it, in the order given. The same set of names yields the same table.
pub(super) fn table(names: &[&[u8]]) -> (Vec<u8>, Vec<u32>) {
    let mut order: Vec<usize> = (0..names.len()).collect();
    // By their ends, longer ones first: a name that ends another one comes right behind it.
    order.sort_by(|&a, &b| names[b].iter().rev().cmp(names[a].iter().rev()));
    let mut table = vec![0];
    let mut offsets = vec![0; names.len()];
    let mut last: &[u8] = b"";
    for index in order {
        let name = names[index];
        if name.is_empty() {
            continue;
        }
        if !last.ends_with(name) {
            last = name;
            table.extend_from_slice(name);
            table.push(0);
        }
        offsets[index] = (table.len() - 1 - name.len()) as u32;
    }
    (table, offsets)
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn ends_are_shared() {
        let (bytes, offsets) = table(&[b".text", b".rela.plt", b"", b".plt", b".text", b".rela.text"]);
        assert_eq!(bytes.len(), 1 + ".rela.text".len() + 1 + ".rela.plt".len() + 1);
        for (name, offset) in [".text", ".rela.plt", "", ".plt", ".text", ".rela.text"].iter().zip(offsets) {
            let rest = &bytes[offset as usize..];
            assert!(rest.starts_with(name.as_bytes()) && rest[name.len()] == 0, "{name}");
        }
    }
}
