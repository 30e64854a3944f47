//! Relocation as far as it can fail (elf/rtld.c, dl-lookup.c): symbols that no object of the process defines.

use std::sync::Arc;

use super::{Loader, Trouble, When};
use crate::loader::dynamic::process::NAMED;
use crate::loader::dynamic::symbols::{Purpose, Want};
use crate::loader::{Cause, End};

impl Loader<'_> {
    pub(super) fn relocate(&mut self) {
        let mut deferred = Vec::new();
        for index in self.relocation_order() {
            let facts = Arc::clone(&self.process.objects[index].facts);
            if self.is_the_loader(index) {
                continue;
            }
            let now = facts.binds_now || self.process.program.environment.bind_now;
            let missing = facts.symbols.wanted().iter().filter(|want| !want.is_weak && !self.finds(want));
            let (lazy, eager): (Vec<&Want>, Vec<&Want>) =
                missing.partition(|want| !now && want.is_call && want.purpose == Purpose::Call);
            if let Some(want) = eager.first() {
                let cause = self.symbol_missing(index, want, eager.len() + lazy.len());
                self.report(Trouble::SymbolMissing, When::Start, index, &want.name, cause);
                return;
            }
            let count = lazy.len();
            deferred.extend(
                lazy.into_iter()
                    .take(NAMED)
                    .map(|want| (index, want.name.clone(), self.symbol_missing(index, want, count))),
            );
        }
        for (index, name, cause) in deferred {
            self.report(Trouble::SymbolMissing, When::FirstCall, index, &name, cause);
        }
    }

    /// Dependencies first, as _dl_sort_maps puts them: depth-first from the last object to the program.
    fn relocation_order(&self) -> Vec<usize> {
        let count = self.process.objects.len();
        let mut order = Vec::with_capacity(count);
        let mut visited = vec![false; count];
        for start in (0..count).rev() {
            // (object, how many of its needs were visited); a stack of our own, for hostile depths
            let mut stack = vec![(start, 0)];
            while let Some((index, next)) = stack.pop() {
                if next == 0 && std::mem::replace(&mut visited[index], true) {
                    continue;
                }
                // The program's own needs are not yet noted when maps are sorted; it is the last one anyway.
                let needs: &[usize] = if index == 0 { &[] } else { &self.needs[index] };
                if let Some(need) = needs.get(next) {
                    stack.push((index, next + 1));
                    stack.push((*need, 0));
                } else {
                    order.push(index);
                }
            }
        }
        order.retain(|index| *index != 0);
        order.push(0);
        order
    }

    /// Values are copied into the program, so not from it.
    fn finds(&self, want: &Want) -> bool {
        let skip = usize::from(want.purpose == Purpose::Copy);
        self.process.objects.iter().skip(skip).any(|loaded| loaded.facts.symbols.satisfies_glibc(want))
    }

    fn symbol_missing(&self, index: usize, want: &Want, count: usize) -> Cause {
        let name = self.name_of(index);
        let version =
            want.version.as_ref().map_or_else(String::new, |version| format!(", version {version}"));
        let all = if count > 1 { format!("; so are {count} symbols in all") } else { String::new() };
        let evidence =
            format!("{name} wants the symbol {}{version}, which no loaded file defines{all}", want.name);
        let says = format!(
            "{}: symbol lookup error: {name}: undefined symbol: {}{version}",
            self.program_name(),
            want.name
        );
        Cause {
            id: "symbol-missing",
            end: End::Exit { status: 127, says },
            source: "glibc elf/dl-lookup.c, _dl_lookup_symbol_x",
            evidence,
            fix: format!("install the library that defines {} in the version it was linked with", want.name),
        }
    }
}
