//! Neither crate is taken for the other.

#[cfg(test)]
#[test]
fn neither_is_the_other() {
    assert_eq!(checkout::place(1), "Place of the checkout");
    assert_eq!(registry::place(1), "Place of the registry");
}
