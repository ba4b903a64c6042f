//! The short way to what is in a finished trace: its footer, found by the seek table, and the records it names.

use std::io::{Read, Result, Seek, SeekFrom};

use super::info::{Checkpoint, Info};
use super::record::{Content, Footer};
use super::sign::PublicKey;
use super::walk::{Found, Item};
use super::{envelope, seek_table};

/// What is in the trace; `None` if anything is not as a finished trace has it.
pub(super) fn from_footer<R: Read + Seek>(source: &mut R) -> Result<Option<Info>> {
    let file_bytes = source.seek(SeekFrom::End(0))?;
    let Some(tail) = file_bytes.checked_sub(9) else { return Ok(None) };
    let end = read_at(source, tail, 9)?;
    let Some(table_len) = seek_table::frame_len(&end) else { return Ok(None) };
    let Some(table_at) = file_bytes.checked_sub(table_len) else { return Ok(None) };
    let Some(entries) = seek_table::parse(&read_at(source, table_at, table_len)?) else { return Ok(None) };
    if entries.iter().map(|e| u64::from(e.packed)).sum::<u64>() != table_at {
        return Ok(None);
    }
    let mut info = Info { file_bytes, finished: true, ..Info::default() };
    let mut at = table_at;
    // The footer is the last record, or the last but the signature.
    let footer = loop {
        let Some(entry) = entries.iter().rev().nth(usize::from(info.signer.is_some())) else {
            return Ok(None);
        };
        let Some(start) = at.checked_sub(u64::from(entry.packed)) else { return Ok(None) };
        at = start;
        match read_record(source, at, u64::from(entry.packed))? {
            Some(Content::Footer(footer)) => break footer,
            Some(Content::Signature(s)) if info.signer.is_none() => {
                info.signer = Some(PublicKey::from_bytes(s.public_key));
            }
            _ => return Ok(None),
        }
    };
    Ok(if from_records(source, &footer, at, &mut info)?.is_some() { Some(info) } else { None })
}

fn from_records<R: Read + Seek>(
    source: &mut R,
    footer: &Footer,
    footer_at: u64,
    info: &mut Info,
) -> Result<Option<()>> {
    let places = (Footer::places(&footer.index_steps), Footer::places(&footer.checkpoint_steps));
    let (Some(indexes), Some(checkpoints)) = places else { return Ok(None) };
    let Some(Content::Manifest(manifest)) = record_at(source, footer.manifest_at, footer_at)? else {
        return Ok(None);
    };
    info.manifest = Some(*manifest);
    for at in indexes {
        match record_at(source, at, footer_at)? {
            Some(Content::Index(index)) if index.offset.checked_add(index.packed_len) == Some(at) => {
                info.frames.push(*index);
            }
            _ => return Ok(None),
        }
    }
    for at in checkpoints {
        let len = record_len(source, at, footer_at)?;
        match read_record(source, at, len)? {
            Some(Content::Checkpoint(head)) => {
                let found = Found { start: at, len, item: Item::Foreign };
                info.checkpoints.push(Checkpoint::new(&found, &head));
            }
            _ => return Ok(None),
        }
    }
    info.totals = footer.totals.clone();
    info.left_out = footer.left_out.0;
    Ok((info.totals.frames == info.frames.len() as u64).then_some(()))
}

fn record_at<R: Read + Seek>(source: &mut R, at: u64, limit: u64) -> Result<Option<Content>> {
    let len = record_len(source, at, limit)?;
    read_record(source, at, len)
}

/// Length of the record at `at` by its header; 0 if it cannot lie before `limit`.
fn record_len<R: Read + Seek>(source: &mut R, at: u64, limit: u64) -> Result<u64> {
    if at.saturating_add(8) > limit {
        return Ok(0);
    }
    let len = envelope::word(&read_at(source, at, 8)?, 4).map_or(0, |n| u64::from(n) + 8);
    Ok(if at.saturating_add(len) <= limit { len } else { 0 })
}

fn read_record<R: Read + Seek>(source: &mut R, at: u64, len: u64) -> Result<Option<Content>> {
    let bytes = read_at(source, at, len)?;
    Ok(envelope::open(&bytes).and_then(|e| Content::decode(&e).ok()))
}

/// Up to `len` bytes from offset `at`; fewer at the end of the file.
pub(super) fn read_at<R: Read + Seek>(source: &mut R, at: u64, len: u64) -> Result<Vec<u8>> {
    source.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    source.take(len).read_to_end(&mut bytes)?;
    Ok(bytes)
}
