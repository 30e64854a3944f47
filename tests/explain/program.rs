//! Small programs, byte by byte: each field that the kernel looks at can be set wrong.

/// The machines that cases are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Machine {
    Aarch64,
    X86_64,
}

impl Machine {
    pub fn name(self) -> &'static str {
        match self {
            Self::Aarch64 => "aarch64",
            Self::X86_64 => "x86_64",
        }
    }

    pub fn number(self) -> u16 {
        match self {
            Self::Aarch64 => 183,
            Self::X86_64 => 62,
        }
    }

    pub fn other(self) -> u16 {
        if self == Self::Aarch64 { 62 } else { 183 }
    }

    /// The end of the address space.
    pub fn task_size(self) -> u64 {
        if self == Self::Aarch64 { 1 << 48 } else { (1 << 47) - 0x1000 }
    }

    /// Code that exits with `status`.
    fn exits(self, status: u8) -> Vec<u8> {
        match self {
            // mov x0, #status; mov x8, #93; svc #0
            Self::Aarch64 => [0xd280_0000 | u32::from(status) << 5, 0xd280_0ba8, 0xd400_0001]
                .map(u32::to_le_bytes)
                .concat(),
            // mov $status, %edi; mov $60, %eax; syscall
            Self::X86_64 => vec![0xbf, status, 0, 0, 0, 0xb8, 60, 0, 0, 0, 0x0f, 0x05],
        }
    }
}

pub const LOAD: u32 = 1;
pub const INTERP: u32 = 3;
pub const STACK: u32 = 0x6474_e551;
pub const PROPERTY: u32 = 0x6474_e553;

/// A program header.
#[derive(Clone, Copy)]
pub struct Segment {
    pub kind: u32,
    pub flags: u32,
    pub offset: u64,
    pub address: u64,
    pub file: u64,
    pub memory: u64,
    pub align: u64,
}

/// A program header with the same size in file and memory.
pub fn segment(kind: u32, flags: u32, offset: u64, address: u64, size: u64) -> Segment {
    Segment { kind, flags, offset, address, file: size, memory: size, align: 0x10000 }
}

/// The address at which programs are linked, and where their code is in file and segment.
pub const BASE: u64 = 0x40_0000;
pub const CODE: u64 = 0x800;
/// The size of a file.
pub const SIZE: u64 = 0x1000;
/// The exit status of programs, and of programs that serve as interpreters.
pub const PROGRAM: u8 = 42;
pub const INTERPRETER: u8 = 43;

/// A program to be: by default a fixed-address one with one segment, which exits with [`PROGRAM`].
#[derive(Clone)]
pub struct Program {
    pub ident: [u8; 16],
    pub kind: u16,
    pub machine: u16,
    pub entry: u64,
    pub table: u64,
    pub entry_size: u16,
    pub count: Option<u16>,
    pub segments: Vec<Segment>,
    pub size: u64,
    pub cut: Option<usize>,
    /// Bytes at offsets, laid over the rest.
    pub bytes: Vec<(u64, Vec<u8>)>,
}

impl Program {
    pub fn new(machine: Machine) -> Self {
        Self {
            ident: *b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0",
            kind: 2,
            machine: machine.number(),
            entry: BASE + CODE,
            table: 64,
            entry_size: 56,
            count: None,
            segments: vec![segment(LOAD, 5, 0, BASE, SIZE), segment(STACK, 6, 0, 0, 0)],
            size: SIZE,
            cut: None,
            bytes: vec![(CODE, machine.exits(PROGRAM))],
        }
    }

    /// A position-independent one that exits with [`INTERPRETER`]. It ends with a page: kernels before 6.7 zero what is
    /// behind the end of an interpreter, which a read-only page does not let them.
    pub fn interpreter(machine: Machine) -> Self {
        let mut program = Self::new(machine).movable();
        program.size = 0x10000;
        (program.segments[0].file, program.segments[0].memory) = (program.size, program.size);
        program.bytes = vec![(CODE, machine.exits(INTERPRETER))];
        program
    }

    /// The same as a position-independent program.
    pub fn movable(mut self) -> Self {
        self.kind = 3;
        self.entry -= BASE;
        for segment in &mut self.segments {
            segment.address = segment.address.saturating_sub(BASE);
        }
        self
    }

    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The same with a PT_INTERP segment that holds `raw`.
    pub fn interpreted(mut self, raw: &[u8]) -> Self {
        let earlier = self.segments.iter().filter(|segment| segment.kind == INTERP).count();
        let at = 0xc00 + 0x40 * earlier as u64;
        let size = self.size;
        self.size = size.max(at + raw.len() as u64);
        self.segments.push(segment(INTERP, 4, at, BASE + at, raw.len() as u64));
        self.bytes.push((at, raw.to_vec()));
        self
    }

    pub fn build(&self) -> Vec<u8> {
        let mut file = vec![0; self.size as usize];
        let mut put = |at: u64, bytes: &[u8]| {
            // A header that lies outside is part of some cases.
            if let Some(place) =
                usize::try_from(at).ok().and_then(|at| file.get_mut(at..at.checked_add(bytes.len())?))
            {
                place.copy_from_slice(bytes);
            }
        };
        let mut header = self.ident.to_vec();
        header.extend([self.kind.to_le_bytes(), self.machine.to_le_bytes()].concat());
        header.extend(1u32.to_le_bytes());
        header.extend([self.entry, self.table, 0].map(u64::to_le_bytes).concat());
        header.extend(0u32.to_le_bytes());
        let count = self.count.unwrap_or(self.segments.len() as u16);
        header.extend([64, self.entry_size, count, 64, 0, 0].map(u16::to_le_bytes).concat());
        put(0, &header);
        for (index, s) in self.segments.iter().enumerate() {
            let mut bytes = [s.kind, s.flags].map(u32::to_le_bytes).concat();
            let words = [s.offset, s.address, s.address, s.file, s.memory, s.align];
            bytes.extend(words.map(u64::to_le_bytes).concat());
            put(self.table.saturating_add(56 * index as u64), &bytes);
        }
        for (at, bytes) in &self.bytes {
            put(*at, bytes);
        }
        file.truncate(self.cut.unwrap_or(file.len()));
        file
    }
}
