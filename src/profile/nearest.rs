//! What a misspelled name was meant to be.

/// `; is X meant?` for the nearest of `names`, or nothing if none is near.
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
    names
        .map(|candidate| (distance(name, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= candidate.len() / 3)
        .map_or_else(String::new, |(_, candidate)| format!("; is {candidate} meant?"))
}

/// Levenshtein's distance over bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_near_names_are_offered() {
        let names = || ["relro", "no-wx", "static-pie"].into_iter();
        assert_eq!(super::nearest("staticpie", names()), "; is static-pie meant?");
        assert_eq!(super::nearest("alignment", names()), "");
    }
}
