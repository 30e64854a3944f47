//! `stack-protector`: some function checks its stack before it returns.

use super::origin::is_static;
use super::{Check, Rule, Severity, Subject, Verdict};

/// The rule.
pub const RULE: Rule = Rule {
    id: "stack-protector",
    summary: "some function checks its stack before it returns",
    what: "A dynamic file imports `__stack_chk_fail`, which compilers call where a canary was overwritten. That proves \
           one such function, not that every object was compiled so. A static file cannot be asked: musl links the \
           function into every program, and glibc's own code calls it; only a symbol table without it proves \
           something. Code by rustc and Go needs none: it checks bounds itself.",
    why: "A buffer on the stack that overflows overwrites the return address. With a canary the process ends \
          instead of jumping where the data says.",
    fix: "Compile C and C++ with -fstack-protector-strong. A program that has no arrays on the stack gets no checks \
          from it: suppress the rule for it, with that reason.",
    source: "gcc(1), -fstack-protector-strong; musl src/env/__stack_chk_fail.c; Linux Standard Base, \
             `__stack_chk_fail`",
    severity: Severity::Warn,
    check: Check::Segments(check),
};

const FAIL: &str = "__stack_chk_fail";

fn check(subject: &Subject) -> Verdict {
    let image = subject.image;
    let dynamic = image.dynamic_symbols();
    match dynamic.iter().find(|symbol| symbol.name == FAIL) {
        Some(symbol) if symbol.is_defined => {
            return Verdict::not_applicable(format!("it is the library that defines {FAIL}"));
        }
        Some(_) => {
            return Verdict::pass(format!(
                "it imports {FAIL}: some function checks its stack; which ones cannot be told"
            ));
        }
        None => {}
    }
    if image.is_go() {
        return Verdict::not_applicable("a Go program: its code checks bounds and has no canaries");
    }
    if image.is_rust() {
        return Verdict::not_applicable("compiled by rustc, whose code checks bounds and has no canaries");
    }
    let effect = "an overflowing buffer on the stack redirects the program";
    let next = "compile with -fstack-protector-strong";
    if is_static(image) {
        let symbols = image.static_symbols();
        return if symbols.is_empty() {
            Verdict::not_applicable("static and stripped: whether functions check their stack cannot be told")
        } else if symbols.iter().any(|symbol| symbol.name == FAIL) {
            Verdict::not_applicable(format!("static: {FAIL} is inside, where C libraries bring it unasked"))
        } else {
            Verdict::fail(format!("no {FAIL} in its symbol table"), effect, next)
        };
    }
    if dynamic.iter().all(|symbol| symbol.is_defined) {
        return Verdict::not_applicable("it imports no function at all");
    }
    Verdict::fail(
        format!("it does not import {FAIL}: no function checks its stack, or none has an array there"),
        effect,
        next,
    )
}
