RUSTDOCFLAGS="--deny warnings" cargo doc --offline --locked --no-deps --all-features --document-private-items
