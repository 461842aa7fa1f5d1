//! The directory of a `pytorch_model.bin`: a zip archive with a pickle that says where each tensor lies.
//!
//! A pickle is a program. This reads the few of its instructions that a checkpoint is made of, and executes none: a
//! call of a function is only noted by its name, and every name but that of a tensor is passed over. Objects lie in one
//! list and refer to each other by number, so that neither nesting nor repetition can make them large.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read as _};

use candle_core::DType;
use zip::{CompressionMethod, ZipArchive};

use super::ModelError;
use super::weights::{Entry, MOST_DIMENSIONS};
use crate::wording::visible;

/// A longer program is refused, in bytes: a checkpoint needs about 150 a tensor.
const LONGEST: u64 = 4 << 20;

/// More objects are refused: a checkpoint needs about 20 a tensor.
const MOST_OBJECTS: usize = 1 << 20;

/// More tensors, or parts of the archive, are refused.
const MOST_TENSORS: usize = 1 << 16;

/// A longer name of a tensor or of a part is refused, in bytes.
const LONGEST_NAME: usize = 512;

/// Tensors may share numbers, as tied ones do; together they may be this many times as long as the file.
const SHARED: u64 = 4;

/// An object's number in the list.
type Id = usize;

/// What a checkpoint's pickle is made of.
#[derive(Debug, Clone)]
enum Object {
    Mark,
    Class(String),
    Int(i64),
    Text(String),
    Tuple(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// A function that would be called, and its arguments.
    Call(Id, Id),
    /// A storage: the tuple that describes it.
    Storage(Id),
    /// None, booleans, floats, lists: nothing that a tensor is made of.
    Other,
}

/// The tensors of the archive by their stored names; `first` are the file's first bytes.
pub(super) fn directory(origin: &str, file: &File, first: &[u8]) -> Result<HashMap<String, Entry>, ModelError> {
    let damaged = |cause: String| ModelError::Damaged { origin: origin.to_owned(), kind: "PyTorch checkpoint", cause };
    let format = |cause: &str| ModelError::Format { origin: origin.to_owned(), cause: cause.to_owned() };
    if first.first() == Some(&0x80) {
        return Err(format(
            "this is PyTorch's old pickle format (before version 1.6), which clsroom does not read. \
             Use the model.safetensors of the same model, or save it again with a newer PyTorch",
        ));
    }
    if !first.starts_with(b"PK") {
        return Err(damaged("it does not begin like a zip archive".to_owned()));
    }
    let whole = file.metadata().map_err(|error| damaged(crate::wording::cause(&error)))?.len();
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(crate::wording::cause(&error)))?;
    if zip.len() > MOST_TENSORS {
        return Err(format("it has more parts than any checkpoint. Use the file that came with the model"));
    }
    let mut places = HashMap::new();
    let mut program = None;
    for index in 0..zip.len() {
        let part = zip.by_index_raw(index).map_err(|error| damaged(crate::wording::cause(&error)))?;
        let name = part.name().map_err(|error| damaged(crate::wording::cause(&error)))?.into_owned();
        if name.len() > LONGEST_NAME {
            return Err(damaged(format!("the name of a part has {} bytes", name.len())));
        }
        if name.ends_with("constants.pkl") {
            return Err(format(
                "this is a TorchScript program and not a checkpoint. Use the model.safetensors or pytorch_model.bin that \
                 it was made from",
            ));
        }
        if let Some(folder) = name.strip_suffix("data.pkl") {
            program = Some((index, folder.to_owned()));
        }
        let start = part.data_start().ok_or_else(|| damaged(format!("{} has no place", visible(&name))))?;
        let stored = part.compression() == CompressionMethod::Stored;
        places.insert(name, (start, part.size(), stored));
    }
    let Some((index, folder)) = program else {
        return Err(format(
            "this is a zip archive, but no PyTorch checkpoint. If a model is packed in it, unpack it and give --model the folder",
        ));
    };
    let mut bytes = Vec::new();
    let part = zip.by_index(index).map_err(|error| damaged(crate::wording::cause(&error)))?;
    part.take(LONGEST + 1).read_to_end(&mut bytes).map_err(|error| damaged(crate::wording::cause(&error)))?;
    if bytes.len() as u64 > LONGEST {
        return Err(format("its pickle is longer than any checkpoint's. Use the file that came with the model"));
    }
    let refused = |why: String| {
        format(&format!(
            "its pickle is not a plain table of tensors ({why}); nothing in it was executed. \
             Use the model.safetensors of the same model"
        ))
    };
    let objects = run(&bytes).map_err(&refused)?;
    let (mut found, mut claimed) = (HashMap::new(), 0u64);
    for (name, tensor) in objects.tensors().map_err(&refused)? {
        let tensor = tensor.map_err(|why| refused(format!("{}: {why}", visible(&name))))?;
        let (start, size, stored) = *places
            .get(&format!("{folder}data/{}", tensor.file))
            .ok_or_else(|| damaged(format!("the numbers of {} are missing", visible(&name))))?;
        if !stored {
            return Err(format("its parts are compressed, which PyTorch never does. Use the original file"));
        }
        // The archive's directory says how long a part is; only the file's own length is sure.
        let size = size.min(whole.saturating_sub(start));
        let entry = tensor.entry(start, size).map_err(|why| damaged(format!("{}: {why}", visible(&name))))?;
        if entry.dtype.is_ok() {
            claimed = claimed.saturating_add(entry.length);
        }
        found.insert(name, entry);
    }
    if claimed / SHARED > whole {
        return Err(damaged(format!("its tensors would take {claimed} bytes together, and the file has {whole}")));
    }
    if found.is_empty() {
        return Err(refused("there is no tensor in it".to_owned()));
    }
    Ok(found)
}

/// One tensor as the pickle describes it.
struct Described {
    file: String,
    dtype: Result<DType, String>,
    offset: u64,
    shape: Vec<usize>,
    stride: Vec<usize>,
}

impl Described {
    /// Where its numbers lie, in a part of the archive that begins at `start` and has `size` bytes.
    fn entry(self, start: u64, size: u64) -> Result<Entry, String> {
        let width = self.dtype.as_ref().map_or(1, DType::size_in_bytes) as u64;
        let mut numbers = 1usize;
        for (size, stride) in self.shape.iter().zip(&self.stride).rev() {
            if *size > 1 && *stride != numbers {
                return Err("its numbers do not lie one after the other".to_owned());
            }
            numbers = numbers.checked_mul(*size).ok_or("its shape is too large")?;
        }
        let fits = |from: u64, length: u64| from.checked_add(length).is_some_and(|end| end <= size);
        let from = self.offset.checked_mul(width);
        let length = (numbers as u64).checked_mul(width);
        match (from, length) {
            (Some(from), Some(length)) if fits(from, length) || self.dtype.is_err() => {
                Ok(Entry { dtype: self.dtype, shape: self.shape, start: start + from, length })
            }
            _ => Err("its numbers lie outside of the file".to_owned()),
        }
    }
}

/// A tensor by its name, or why it is none.
type Found = (String, Result<Described, &'static str>);

/// All objects of a program, and the last one.
struct Objects {
    list: Vec<Object>,
    result: Id,
}

impl Objects {
    /// The named tensors; those that a `state_dict` around them holds, too.
    fn tensors(&self) -> Result<Vec<Found>, String> {
        let mut table = self.dict(self.result);
        if let Some(inner) = table.iter().find_map(|(key, value)| {
            let wraps = matches!(&self.list[*key], Object::Text(name) if name == "state_dict");
            wraps.then(|| self.dict(*value))
        }) {
            table = inner;
        }
        let mut found = Vec::new();
        for (key, value) in table {
            let (Object::Text(name), Some(tensor)) = (&self.list[*key], self.tensor(*value)) else { continue };
            if name.len() > LONGEST_NAME {
                return Err(format!("the name of a tensor has {} bytes", name.len()));
            }
            if found.len() >= MOST_TENSORS {
                return Err(format!("more than {MOST_TENSORS} tensors"));
            }
            found.push((name.clone(), tensor));
        }
        Ok(found)
    }

    fn dict(&self, id: Id) -> &[(Id, Id)] {
        match &self.list[id] {
            Object::Dict(pairs) => pairs,
            _ => &[],
        }
    }

    fn tuple(&self, id: Id) -> &[Id] {
        match &self.list[id] {
            Object::Tuple(parts) => parts,
            _ => &[],
        }
    }

    fn int(&self, id: Id) -> Option<usize> {
        match &self.list[id] {
            Object::Int(number) => usize::try_from(*number).ok(),
            _ => None,
        }
    }

    /// `None` when it is no tensor at all.
    fn tensor(&self, id: Id) -> Option<Result<Described, &'static str>> {
        let Object::Call(function, arguments) = self.list[id] else { return None };
        let Object::Class(name) = &self.list[function] else { return None };
        match name.as_str() {
            "torch._utils _rebuild_tensor_v2" => Some(self.rebuild(arguments).ok_or("it is not described in full")),
            // A parameter wraps its tensor, which wraps nothing: one step.
            "torch._utils _rebuild_parameter" => {
                let inner = *self.tuple(arguments).first()?;
                let Object::Call(function, arguments) = self.list[inner] else { return None };
                matches!(&self.list[function], Object::Class(name) if name == "torch._utils _rebuild_tensor_v2")
                    .then(|| self.rebuild(arguments).ok_or("it is not described in full"))
            }
            _ => None,
        }
    }

    /// `_rebuild_tensor_v2(storage, offset, size, stride, …)`.
    fn rebuild(&self, arguments: Id) -> Option<Described> {
        let [storage, offset, shape, stride, ..] = self.tuple(arguments) else { return None };
        let Object::Storage(storage) = self.list[*storage] else { return None };
        // ("storage", class, key, device, numbers)
        let [_, class, key, ..] = self.tuple(storage) else { return None };
        let (Object::Class(class), Object::Text(key)) = (&self.list[*class], &self.list[*key]) else { return None };
        if key.len() > LONGEST_NAME || class.len() > LONGEST_NAME {
            return None;
        }
        let sizes = |id: Id| {
            let parts = self.tuple(id);
            (parts.len() <= MOST_DIMENSIONS)
                .then(|| parts.iter().map(|part| self.int(*part)).collect::<Option<Vec<_>>>())?
        };
        let dtype = match class.as_str() {
            "torch FloatStorage" => Ok(DType::F32),
            "torch HalfStorage" => Ok(DType::F16),
            "torch BFloat16Storage" => Ok(DType::BF16),
            other => Err(visible(other.strip_prefix("torch ").unwrap_or(other))),
        };
        let (shape, stride) = (sizes(*shape)?, sizes(*stride)?);
        let offset = self.int(*offset)? as u64;
        (shape.len() == stride.len()).then(|| Described { file: key.clone(), dtype, offset, shape, stride })
    }
}

/// Reads a program to its end.
fn run(bytes: &[u8]) -> Result<Objects, String> {
    let mut machine = Machine { bytes, at: 0, list: Vec::new(), stack: Vec::new(), memo: HashMap::new() };
    loop {
        let instruction = machine.byte()?;
        if instruction == b'.' {
            let result = machine.pop()?;
            return Ok(Objects { list: machine.list, result });
        }
        machine.step(instruction)?;
        if machine.list.len().max(machine.stack.len()) > MOST_OBJECTS {
            return Err(format!("more than {MOST_OBJECTS} objects"));
        }
    }
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    list: Vec<Object>,
    stack: Vec<Id>,
    memo: HashMap<u32, Id>,
}

impl Machine<'_> {
    /// One instruction (names as in Python's `pickletools`).
    fn step(&mut self, instruction: u8) -> Result<(), String> {
        match instruction {
            0x80 => drop(self.take(1)?),                           // PROTO
            0x95 => drop(self.take(8)?),                           // FRAME
            b'(' => self.push(Object::Mark),                       // MARK
            b'N' | 0x88 | 0x89 | b']' => self.push(Object::Other), // NONE, NEWTRUE, NEWFALSE, EMPTY_LIST
            b'G' => {
                // BINFLOAT
                self.take(8)?;
                self.push(Object::Other);
            }
            b'}' => self.push(Object::Dict(Vec::new())),  // EMPTY_DICT
            b')' => self.push(Object::Tuple(Vec::new())), // EMPTY_TUPLE
            b'c' => {
                // GLOBAL: only its name is kept
                let name = format!("{} {}", self.line()?, self.line()?);
                self.push(Object::Class(name));
            }
            b'K' => self.number(1)?, // BININT1
            b'M' => self.number(2)?, // BININT2
            b'J' => {
                // BININT, signed
                let bytes = self.take(4)?.try_into().map_err(|_| "cut off".to_owned())?;
                self.push(Object::Int(i64::from(i32::from_le_bytes(bytes))));
            }
            0x8a => {
                // LONG1
                let length = self.byte()?;
                if length > 7 {
                    return Err(format!("a number of {length} bytes"));
                }
                self.number(usize::from(length))?;
            }
            b'X' => self.text(4)?,     // BINUNICODE
            0x8c => self.text(1)?,     // SHORT_BINUNICODE
            b'q' => self.remember(1)?, // BINPUT
            b'r' => self.remember(4)?, // LONG_BINPUT
            0x94 => {
                // MEMOIZE
                let key = self.memo.len() as u32;
                self.memo.insert(key, self.top()?);
            }
            b'h' => self.recall(1)?, // BINGET
            b'j' => self.recall(4)?, // LONG_BINGET
            0x85..=0x87 => {
                // TUPLE1 to TUPLE3
                let count = usize::from(instruction - 0x84);
                let from = self.stack.len().checked_sub(count).ok_or("an empty stack")?;
                let parts = self.stack.split_off(from);
                self.push(Object::Tuple(parts));
            }
            b't' => {
                // TUPLE
                let parts = self.until_mark()?;
                self.push(Object::Tuple(parts));
            }
            b's' => {
                // SETITEM
                let (value, key) = (self.pop()?, self.pop()?);
                self.add(&[key, value])?;
            }
            b'u' => {
                // SETITEMS
                let items = self.until_mark()?;
                self.add(&items)?;
            }
            b'e' => drop(self.until_mark()?), // APPENDS
            b'Q' => {
                // BINPERSID
                let description = self.pop()?;
                self.push(Object::Storage(description));
            }
            b'R' | 0x81 => self.call()?,      // REDUCE, NEWOBJ: noted, not called
            b'a' | b'b' => drop(self.pop()?), // APPEND; BUILD: a state that is not read
            other => return Err(format!("instruction {other:#04x}")),
        }
        Ok(())
    }

    fn call(&mut self) -> Result<(), String> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let table = matches!(&self.list[function], Object::Class(name) if name == "collections OrderedDict");
        self.push(if table { Object::Dict(Vec::new()) } else { Object::Call(function, arguments) });
        Ok(())
    }

    fn push(&mut self, object: Object) {
        self.stack.push(self.list.len());
        self.list.push(object);
    }

    fn pop(&mut self) -> Result<Id, String> {
        self.stack.pop().ok_or_else(|| "an empty stack".to_owned())
    }

    fn top(&self) -> Result<Id, String> {
        self.stack.last().copied().ok_or_else(|| "an empty stack".to_owned())
    }

    fn until_mark(&mut self) -> Result<Vec<Id>, String> {
        let mark = self.stack.iter().rposition(|id| matches!(self.list[*id], Object::Mark)).ok_or("no mark")?;
        let parts = self.stack.split_off(mark + 1);
        self.stack.pop();
        Ok(parts)
    }

    fn add(&mut self, items: &[Id]) -> Result<(), String> {
        let table = self.top()?;
        if let Object::Dict(pairs) = &mut self.list[table] {
            pairs.extend(items.chunks_exact(2).map(|pair| (pair[0], pair[1])));
        }
        Ok(())
    }

    fn take(&mut self, count: usize) -> Result<&[u8], String> {
        let end = self.at.checked_add(count).filter(|end| *end <= self.bytes.len()).ok_or("cut off")?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn byte(&mut self) -> Result<u8, String> {
        Ok(self.take(1)?[0])
    }

    fn unsigned(&mut self, bytes: usize) -> Result<u64, String> {
        Ok(self.take(bytes)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn number(&mut self, bytes: usize) -> Result<(), String> {
        let number = self.unsigned(bytes)? as i64;
        self.push(Object::Int(number));
        Ok(())
    }

    fn text(&mut self, bytes: usize) -> Result<(), String> {
        let length = self.unsigned(bytes)? as usize;
        let text = String::from_utf8_lossy(self.take(length)?).into_owned();
        self.push(Object::Text(text));
        Ok(())
    }

    fn line(&mut self) -> Result<String, String> {
        let end = self.bytes[self.at..].iter().position(|byte| *byte == b'\n').ok_or("cut off")?;
        let text = String::from_utf8_lossy(&self.bytes[self.at..self.at + end]).into_owned();
        self.at += end + 1;
        Ok(text)
    }

    fn remember(&mut self, bytes: usize) -> Result<(), String> {
        let key = self.unsigned(bytes)? as u32;
        self.memo.insert(key, self.top()?);
        Ok(())
    }

    fn recall(&mut self, bytes: usize) -> Result<(), String> {
        let key = self.unsigned(bytes)? as u32;
        let id = *self.memo.get(&key).ok_or("an object that was never kept")?;
        self.stack.push(id);
        Ok(())
    }
}
