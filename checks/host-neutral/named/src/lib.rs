//! The proc-macro: `Named` gives a type the constant `NAME`.

use proc_macro::{TokenStream, TokenTree};

/// `NAME`, the type's name.
///
/// # Panics
/// Where there is no `struct`.
#[proc_macro_derive(Named)]
pub fn derive(item: TokenStream) -> TokenStream {
    assert_eq!(counted::width(), 32, "the host's crate has the target's feature");
    let mut tokens = item.into_iter().skip_while(|token| token.to_string() != "struct");
    let Some(TokenTree::Ident(name)) = tokens.nth(1) else { panic!("not a struct") };
    format!("impl {name} {{ pub const NAME: &'static str = \"{name}\"; }}").parse().unwrap()
}
