//! One value of any parameter type to its raw and resolved text.
//!
//! Takes bytes with their schema row, gives text; which types print how is decided here and nowhere else.
//! Numbers, flags, addresses, buffers and times are put into letters by the modules beside.

use scap_format::Event;
use scap_schema::{ParamDetail, ParamInfo, ParamType, PrintFormat};

use super::{Context, RenderOptions, Rendered, UNKNOWN, address, buffer, flags, number, time};

/// `AT_FDCWD`: instead of an fd, the current directory.
const AT_FDCWD: i64 = -100;

/// One value on its way to text. `ty` is that of the variant for dynamic parameters, while format and
/// names are those of the parameter itself.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) ty: ParamType,
    pub(super) info: &'static ParamInfo,
    pub(super) bytes: &'a [u8],
    pub(super) ev: &'a Event<'a>,
}

macro_rules! int {
    ($self:ident, $ty:ty) => {
        <$ty>::from_le_bytes($self.bytes.try_into().ok()?)
    };
}

impl Value<'_> {
    /// Writes the value; `None` if its length does not fit its type.
    pub(super) fn write(&self, ctx: &impl Context, opts: &RenderOptions, out: &mut Rendered) -> Option<()> {
        use ParamType as T;
        let fmt = self.info.fmt;
        match self.ty {
            T::Int8 => number::int32(i32::from(int!(self, i8)), fmt, &mut out.raw),
            T::Int16 => number::int32(i32::from(int!(self, i16)), fmt, &mut out.raw),
            T::Int32 | T::Uint32 => number::int32(int!(self, i32), fmt, &mut out.raw),
            T::Int64 | T::Uint64 => number::int64(int!(self, i64), fmt, &mut out.raw),
            T::Uint8 | T::L4Proto | T::SockFamily => {
                number::int32(i32::from(int!(self, u8)), fmt, &mut out.raw)
            }
            T::Uint16 => number::int32(i32::from(int!(self, u16)), fmt, &mut out.raw),
            T::Port => number::decimal(i64::from(int!(self, u16)), &mut out.raw),
            T::Bool => out.raw.extend_from_slice(if int!(self, u32) == 0 { b"false" } else { b"true" }),
            T::Double => number::general(f64::from_bits(int!(self, u64)), &mut out.raw),
            T::Fd => fd(int!(self, i64), ctx, opts, out),
            T::Fd32 => fd(i64::from(int!(self, i32)), ctx, opts, out),
            T::Pid => pid(int!(self, i64), ctx, out),
            T::Pid32 => pid(i64::from(int!(self, i32)), ctx, out),
            T::Errno => errno(int!(self, i64), out),
            T::CharBuf => out.raw.extend_from_slice(self.text()),
            T::FsPath | T::FsRelPath => self.path(ctx, out),
            T::ByteBuf => buffer::write(self.bytes, opts, &mut out.raw),
            T::SockAddr => address::sockaddr(self.bytes, &mut out.raw),
            T::SockTuple => address::tuple(self.bytes, &mut out.raw),
            T::Ipv4Addr | T::Ipv6Addr | T::IpAddr | T::Ipv4Net | T::Ipv6Net | T::IpNet => {
                address::plain(self.bytes, &mut out.raw)?;
            }
            T::FdList => self.fd_list(ctx, &mut out.raw)?,
            T::SyscallId => syscall_id(int!(self, u16), out),
            T::SigType => {
                let signal = int!(self, u8);
                number::decimal(i64::from(signal), &mut out.raw);
                out.resolved.extend_from_slice(scap_schema::signal_name(signal).unwrap_or("").as_bytes());
            }
            T::SigSet => signal_set(int!(self, u32), &mut out.raw),
            T::RelTime => time::relative(int!(self, u64), out),
            T::AbsTime => time::absolute(int!(self, u64), &mut out.raw),
            T::Flags8 | T::EnumFlags8 => self.flags(u32::from(int!(self, u8)), out),
            T::Flags16 | T::EnumFlags16 => self.flags(u32::from(int!(self, u16)), out),
            T::Flags32 | T::EnumFlags32 => self.flags(int!(self, u32), out),
            T::Mode => {
                let mode = int!(self, u32);
                number::int32(mode.cast_signed(), fmt, &mut out.raw);
                if let ParamDetail::Flags(set) = self.info.detail {
                    flags::mode(mode, set, &mut out.resolved);
                }
            }
            T::Uid => id(int!(self, u32), |uid| ctx.user(uid), ctx, out),
            T::Gid => id(int!(self, u32), |gid| ctx.group(gid), ctx, out),
            T::CharBufArray => self.strings(b"..", &mut out.raw),
            T::CharBufPairArray => self.strings(b":,", &mut out.raw),
            T::Dyn => out.raw.extend_from_slice(b"INVALID DYNAMIC PARAMETER"),
        }
        Some(())
    }

    /// The bytes up to the first NUL; `<NA>` for what old drivers wrote instead of a null pointer.
    fn text(&self) -> &[u8] {
        if self.bytes.is_empty() || self.bytes == b"(NULL)\0" {
            return UNKNOWN;
        }
        self.bytes.split(|&b| b == 0).next().unwrap_or(self.bytes)
    }

    fn path(&self, ctx: &impl Context, out: &mut Rendered) {
        let path = self.text();
        out.raw.extend_from_slice(path);
        let relative = path.first().is_some_and(|&b| b != b'/');
        if !ctx.thread_known() || path == UNKNOWN || !relative {
            return;
        }
        let dirfd = match (self.ty, self.info.detail) {
            (ParamType::FsRelPath, ParamDetail::DirFd(at)) => self.ev.i64(at).filter(|&fd| fd != AT_FDCWD),
            _ => None,
        };
        ctx.absolute(dirfd, path, &mut out.resolved);
    }

    fn flags(&self, value: u32, out: &mut Rendered) {
        use ParamType as T;
        number::decimal(i64::from(value), &mut out.raw);
        if let ParamDetail::Flags(set) = self.info.detail {
            match self.ty {
                T::EnumFlags8 | T::EnumFlags16 | T::EnumFlags32 => {
                    flags::exact(value, set, &mut out.resolved)
                }
                _ => flags::bits(value, set, &mut out.resolved),
            }
        }
    }

    fn fd_list(&self, ctx: &impl Context, raw: &mut Vec<u8>) -> Option<()> {
        const ENTRY: usize = 10;
        let (count, entries) = self.bytes.split_first_chunk::<2>()?;
        if !ctx.thread_known() {
            return Some(());
        }
        let count = usize::from(u16::from_le_bytes(*count));
        for (i, entry) in entries.get(..count * ENTRY)?.chunks_exact(ENTRY).enumerate() {
            let (fd, flags) = entry.split_first_chunk::<8>()?;
            let (fd, flags) = (i64::from_le_bytes(*fd), i16::from_le_bytes(flags.try_into().ok()?));
            let letter = ctx.fd(fd).map_or(b'?', |f| f.type_char);
            if i > 0 {
                raw.push(b' ');
            }
            number::unsigned(fd.cast_unsigned(), raw);
            raw.extend_from_slice(&[b':', letter]);
            number::hex(u64::from(i32::from(flags).cast_unsigned()), false, raw);
        }
        Some(())
    }

    /// NUL-terminated strings, joined by the two bytes of `joints` in turn.
    fn strings(&self, joints: &[u8; 2], raw: &mut Vec<u8>) {
        let body = self.bytes.strip_suffix(&[0]).unwrap_or(self.bytes);
        for (i, text) in body.split(|&b| b == 0).enumerate() {
            if i > 0 {
                raw.push(if i % 2 == 1 { joints[0] } else { joints[1] });
            }
            raw.extend_from_slice(text);
        }
    }
}

fn fd(fd: i64, ctx: &impl Context, opts: &RenderOptions, out: &mut Rendered) {
    number::decimal(fd, &mut out.raw);
    if !ctx.thread_known() {
        return;
    }
    if fd >= 0 {
        if let Some(found) = ctx.fd(fd) {
            out.resolved.push(b'<');
            if !opts.plain_fds {
                out.resolved.push(found.type_char);
                out.resolved.extend(found.l4_char);
            }
            out.resolved.push(b'>');
            out.resolved.extend_from_slice(found.name);
        }
    } else if fd == AT_FDCWD {
        out.resolved.extend_from_slice(b"AT_FDCWD");
    } else {
        out.resolved.extend_from_slice(errno_text(fd).as_bytes());
    }
}

fn errno(value: i64, out: &mut Rendered) {
    number::decimal(value, &mut out.raw);
    if value < 0 {
        out.resolved.extend_from_slice(errno_text(value).as_bytes());
    }
}

/// Name of the error that a negative result stands for; empty where there is none.
fn errno_text(value: i64) -> &'static str {
    u32::try_from(value.unsigned_abs()).ok().and_then(scap_schema::errno_name).unwrap_or("")
}

fn pid(tid: i64, ctx: &impl Context, out: &mut Rendered) {
    number::decimal(tid, &mut out.raw);
    out.resolved.extend_from_slice(ctx.comm(tid).unwrap_or(&[]));
}

fn id<'c, C: Context>(id: u32, name: impl Fn(u32) -> Option<&'c [u8]>, ctx: &C, out: &mut Rendered) {
    if id == u32::MAX {
        out.raw.extend_from_slice(b"-1");
        out.resolved.extend_from_slice(b"<NONE>");
        return;
    }
    number::int32(id.cast_signed(), PrintFormat::Dec, &mut out.raw);
    let name = if ctx.thread_known() { name(id) } else { None };
    out.resolved.extend_from_slice(name.filter(|n| !n.is_empty()).unwrap_or(UNKNOWN));
}

fn syscall_id(sc: u16, out: &mut Rendered) {
    match scap_schema::syscall(sc) {
        Some(call) => {
            number::decimal(i64::from(sc), &mut out.raw);
            out.resolved.extend_from_slice(call.name.as_bytes());
        }
        None => out.raw.extend_from_slice(b"<unknown syscall>"),
    }
}

fn signal_set(set: u32, raw: &mut Vec<u8>) {
    let names = (1..=32u8).filter(|n| set >> (n - 1) & 1 == 1).filter_map(scap_schema::signal_name);
    for (i, name) in names.enumerate() {
        if i > 0 {
            raw.push(b' ');
        }
        raw.extend_from_slice(name.as_bytes());
    }
}
