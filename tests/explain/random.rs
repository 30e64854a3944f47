//! Programs with odd headers by the hundred, from a fixed seed: what is predicted of each is what the running kernel
//! does. Finds what no table thinks of.

use super::case::{Case, STARTS};
use super::program::{BASE, CODE, INTERP, INTERPRETER, LOAD, Machine, Program, Segment, segment};
use super::support::{Folder, Numbers};
use super::{End, Profile, Tree, World, lay, native, predict, profile, said};

const PROGRAMS: usize = 600;
/// Cases of the table whose files are used.
const NEEDED: [&str; 2] = ["noexec", "loader-runs"];

pub fn one_of<T: Copy>(numbers: &mut Numbers, of: &[T]) -> T {
    of[numbers.below(of.len())]
}

fn odd_segment(numbers: &mut Numbers, machine: Machine, movable: bool) -> Segment {
    let end = machine.task_size();
    let base = if movable { 0 } else { BASE };
    let offset =
        one_of(numbers, &[0, 0, 0, 0x10, 0x800, 0x1000, 0x1010, 0x2000, 0x10000, 1 << 63, u64::MAX << 12]);
    let near = one_of(numbers, &[0, 0x800, 0x1000, 0x1010, 0x2000, 0x3000, 0x10_0000, 0x10_0010, 0x10_0800]);
    let address = match numbers.below(24) {
        0 => one_of(numbers, &[end, end - 0x1000, end + 0x1000, 1 << 60, u64::MAX << 12, u64::MAX]),
        // Most offsets and addresses agree, or no program would start.
        1..12 => (base + near & !0xfff) + offset % 0x1000,
        _ => base + near,
    };
    let file = one_of(numbers, &[0, 0, 0x10, 0x800, 0x1000, 0x1001, 0x2000, 0x5000, 1 << 60, u64::MAX]);
    let file = if file > 1 << 40 && numbers.below(8) != 0 { 0x20 } else { file };
    let memory = match numbers.below(12) {
        0 => file / 2,
        1 => u64::MAX,
        2..6 => file.saturating_add(one_of(numbers, &[1, 0x10, 0x800, 0x1000, 0x5000])),
        _ => file,
    };
    let kind = if numbers.below(12) == 0 { 0 } else { LOAD };
    Segment {
        file,
        memory,
        align: one_of(numbers, &[0, 3, 0x1000, 0x10000]),
        ..segment(kind, numbers.below(8) as u32, offset, address, 0)
    }
}

/// A program, and whether its entry point still leads to its code.
fn odd_program(numbers: &mut Numbers, machine: Machine) -> (Program, bool) {
    let mut program = Program::new(machine);
    let movable = numbers.below(2) == 0;
    if movable {
        program = program.movable();
    }
    if numbers.below(3) == 0 {
        program = program.interpreted(b"/loader-runs/ld\0");
    }
    program.size = one_of(numbers, &[0x1000, 0x1000, 0x1800, 0x3000, 0x20000]);
    for _ in 0..numbers.below(4) {
        let at = numbers.below(program.segments.len() + 1);
        let odd = odd_segment(numbers, machine, movable);
        program.segments.insert(at, odd);
    }
    let base = if movable { 0 } else { BASE };
    match numbers.below(40) {
        0 => program.entry = base + one_of(numbers, &[0xf00, 0x1000, 0x2000, 0x10_0000, 1 << 50]),
        1 => program.entry_size = 32,
        2 => program.count = Some(one_of(numbers, &[0, 1, 2, 5])),
        3 => program.cut = Some(one_of(numbers, &[40, 64, 100, 0x700, 0x900])),
        4 => program.table = one_of(numbers, &[0, 0x100, 0x1000, u64::MAX]),
        5 => program.kind = one_of(numbers, &[0, 1, 2, 3, 4]),
        6 => program.ident[numbers.below(16)] = numbers.below(256) as u8,
        7..9 => {
            let odd = one_of(numbers, &[0u64, 1, 2, 12, 13, 4096, 4097, u64::MAX]);
            if let Some(path) = program.segments.iter_mut().find(|segment| segment.kind == INTERP) {
                path.file = odd;
            }
        }
        9..11 => {
            let odd = one_of(numbers, &[0u64, 0xc01, 0xc0b, 0x1000, 0xffff_ffff, 1 << 63, u64::MAX]);
            if let Some(path) = program.segments.iter_mut().find(|segment| segment.kind == INTERP) {
                path.offset = odd;
            }
        }
        _ => {}
    }
    let enters_code = program.entry == base + CODE;
    (program, enters_code)
}

/// Cases of which nothing is known beforehand. What a `stray` one does, once started, is not predicted: its entry point
/// leads to other bytes than its code.
pub fn cases(machine: Machine, count: usize) -> Vec<Case> {
    let mut numbers = Numbers::new(0x5a75_5e4e);
    let mut one = |index| {
        let (program, enters_code) = odd_program(&mut numbers, machine);
        let kind = if enters_code { "odd" } else { "stray" };
        Case::program(&format!("{kind}-{index}"), &program, "", STARTS)
    };
    (0..count).map(&mut one).collect()
}

#[test]
fn odd_headers_end_as_predicted() {
    let all = super::cases::all(Machine::X86_64);
    let mut cases: Vec<Case> = all.into_iter().filter(|case| NEEDED.contains(&&*case.name)).collect();
    cases.extend(self::cases(Machine::X86_64, PROGRAMS));
    let folder = Folder::new("explain-random");
    lay(&cases, &folder.0);
    let world = World::new(Tree::open(&folder.0).unwrap());
    let Some((on, ends)) = native::run(&folder.0) else { return };
    let profile = Profile::parse(&profile(on), "case").unwrap();
    let (mut wrong, mut refused, mut killed, mut started) = (Vec::new(), 0, 0, 0);
    for case in &cases[NEEDED.len()..] {
        let attempt = predict(&world, case, &profile);
        let seen = ends.get(&case.name).map_or("nothing", String::as_str);
        let predicted = said(&attempt, STARTS);
        // Root of a user namespace may not map the lowest addresses.
        let is_low = attempt.depends.iter().any(|on| on.contains("vm.mmap_min_addr"));
        let right = match predicted {
            End::Exit(_) if is_low && !native::is_real_root() => seen == "signal=11",
            End::Exit(_) => {
                started += 1;
                let code = seen == STARTS.text() || seen == End::Exit(INTERPRETER).text();
                // What other bytes do when they are executed is not predicted.
                code || case.name.starts_with("stray") && !seen.starts_with("errno=")
            }
            End::Errno(_) => {
                refused += 1;
                seen == predicted.text()
            }
            End::Signal(_) => {
                killed += 1;
                seen == predicted.text()
            }
        };
        if !right {
            wrong.push(format!("{}: predicted {predicted:?}, the kernel {seen}: {attempt:#?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} of {PROGRAMS} wrong\n{}", wrong.len(), wrong.join("\n"));
    println!("{started} start, {refused} are refused, {killed} are killed, all as predicted");
}
