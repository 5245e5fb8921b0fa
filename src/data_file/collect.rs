//! Collects all problems of a file: it is parsed repeatedly, each time without the values that failed before.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashSet},
    fmt,
};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, EnumAccess, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor},
};
use serde_saphyr::{Error, Location, Options, Spanned, options::DuplicateKeyPolicy};

/// Maximum number of problems; a file with more is of another kind.
const MAX_PROBLEMS: usize = 100;

/// Maximum number of bytes that are parsed again to find problems.
const MAX_REREAD_BYTES: usize = 1 << 20;

/// A problem with a file.
#[derive(Debug)]
pub(super) struct Issue {
    pub(super) location: Location,
    pub(super) kind: IssueKind,
    /// The keys and list indexes that lead to it.
    pub(super) path: Vec<String>,
    /// Whether there is also a problem inside the value, which may be its cause.
    pub(super) may_follow: bool,
}

#[derive(Debug)]
pub(super) enum IssueKind {
    /// An unknown key.
    UnknownKey {
        key: String,
        known: &'static [&'static str],
    },
    /// A repeated key.
    DuplicateKey {
        key: String,
    },
    Other(Box<Error>),
}

/// Parses `text` as YAML. Values that fail are left out of further attempts, so that all problems are found.
///
/// # Errors
///
/// The problems in the order of their lines, at least one.
pub(super) fn read<'t, T: Deserialize<'t>>(text: &'t str, options: &Options) -> Result<T, Vec<Issue>> {
    let mut options = options.clone();
    options.duplicate_keys = DuplicateKeyPolicy::PassThrough;
    let mut reading = ParseAttempts::default();
    let most_attempts = (MAX_REREAD_BYTES / text.len().max(1)).clamp(2, MAX_PROBLEMS);
    for _ in 0..most_attempts {
        let read = serde_saphyr::with_deserializer_from_str_with_options(text, options.clone(), |inner| {
            T::deserialize(RecordingDeserializer { inner, attempts: &reading, known: None })
        });
        let goes_on = match read {
            Ok(value) if reading.issues.get_mut().is_empty() => return Ok(value),
            Ok(_) => false,
            Err(error) => reading.skip_and_retry(error),
        };
        if !goes_on {
            break;
        }
    }
    let mut found = reading.issues.into_inner();
    found.sort_by_key(|found| (found.location.line(), found.location.column()));
    Err(found)
}

/// The state of repeated attempts to parse a file.
#[derive(Default)]
struct ParseAttempts {
    issues: RefCell<Vec<Issue>>,
    /// Positions of values that are left out, because they failed.
    left_out: BTreeSet<Vec<String>>,
    /// The current path.
    path: RefCell<Vec<String>>,
    /// Position of the failure: the innermost value, and its key, which list elements do not have.
    failed: RefCell<Option<(Vec<String>, Option<Location>)>>,
}

impl ParseAttempts {
    /// Records the failure of an attempt, and leaves its value out of the next one; false if another attempt is
    /// useless.
    fn skip_and_retry(&mut self, error: Error) -> bool {
        let (path, of_key) = self.failed.take().unwrap_or_default();
        self.path.get_mut().clear();
        let is_root = path.is_empty();
        let found = self.issues.get_mut();
        let may_follow = found.iter().any(|known| known.path.starts_with(&path));
        let location = error.location().or(of_key).unwrap_or(Location::UNKNOWN);
        found.push(Issue { location, kind: IssueKind::Other(Box::new(error)), path: path.clone(), may_follow });
        !is_root && found.len() < MAX_PROBLEMS && self.left_out.insert(path)
    }

    fn enter(&self, step: String) {
        self.path.borrow_mut().push(step);
    }

    fn leave(&self) {
        self.path.borrow_mut().pop();
    }

    fn is_left_out(&self) -> bool {
        !self.left_out.is_empty() && self.left_out.contains(&*self.path.borrow())
    }

    /// Records the position of the failure, unless one further inside is recorded.
    fn fails(&self, of_key: Option<Location>) {
        self.failed.borrow_mut().get_or_insert_with(|| (self.path.borrow().clone(), of_key));
    }

    /// Records a problem with a key, once.
    fn note(&self, location: Location, what: IssueKind) {
        let (mut found, path) = (self.issues.borrow_mut(), self.path.borrow().clone());
        if !found.iter().any(|known| known.location == location) && found.len() < MAX_PROBLEMS {
            found.push(Issue { location, kind: what, path, may_follow: false });
        }
    }
}

/// A deserializer that records paths and failures.
struct RecordingDeserializer<'a, I> {
    inner: I,
    attempts: &'a ParseAttempts,
    /// The keys of the struct that is being parsed.
    known: Option<&'static [&'static str]>,
}

impl<'a, I> RecordingDeserializer<'a, I> {
    fn watch<T>(&self, inner: T) -> RecordingDeserializer<'a, T> {
        RecordingDeserializer { inner, attempts: self.attempts, known: None }
    }
}

macro_rules! pass_on {
    ($($method:ident($($argument:ident: $type:ty),*)),* $(,)?) => {
        $(fn $method<V: Visitor<'de>>(self, $($argument: $type,)* visitor: V) -> Result<V::Value, D::Error> {
            let visitor = self.watch(visitor);
            self.inner.$method($($argument,)* visitor)
        })*
    };
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for RecordingDeserializer<'_, D> {
    type Error = D::Error;

    pass_on!(
        deserialize_any(),
        deserialize_bool(),
        deserialize_i8(),
        deserialize_i16(),
        deserialize_i32(),
        deserialize_i64(),
        deserialize_u8(),
        deserialize_u16(),
        deserialize_u32(),
        deserialize_u64(),
        deserialize_f32(),
        deserialize_f64(),
        deserialize_char(),
        deserialize_str(),
        deserialize_string(),
        deserialize_bytes(),
        deserialize_byte_buf(),
        deserialize_option(),
        deserialize_unit(),
        deserialize_unit_struct(name: &'static str),
        deserialize_newtype_struct(name: &'static str),
        deserialize_seq(),
        deserialize_tuple(length: usize),
        deserialize_tuple_struct(name: &'static str, length: usize),
        deserialize_map(),
        deserialize_enum(name: &'static str, variants: &'static [&'static str]),
        deserialize_identifier(),
        deserialize_ignored_any(),
    );

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        let visitor = RecordingDeserializer { known: Some(fields), ..self.watch(visitor) };
        self.inner.deserialize_struct(name, fields, visitor)
    }
}

macro_rules! pass_value_on {
    ($($method:ident: $type:ty),* $(,)?) => {
        $(fn $method<E: serde::de::Error>(self, value: $type) -> Result<V::Value, E> {
            self.inner.$method(value)
        })*
    };
}

impl<'de, V: Visitor<'de>> Visitor<'de> for RecordingDeserializer<'_, V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.expecting(f)
    }

    pass_value_on!(
        visit_bool: bool,
        visit_i64: i64,
        visit_i128: i128,
        visit_u64: u64,
        visit_u128: u128,
        visit_f64: f64,
        visit_char: char,
        visit_str: &str,
        visit_borrowed_str: &'de str,
        visit_string: String,
        visit_bytes: &[u8],
        visit_byte_buf: Vec<u8>,
    );

    fn visit_none<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_none()
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<V::Value, E> {
        self.inner.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let inner = self.watch(inner);
        self.inner.visit_some(inner)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let inner = self.watch(inner);
        self.inner.visit_newtype_struct(inner)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let elements = RecordingSeq { inner: self.watch(inner), next: 0 };
        self.inner.visit_seq(elements)
    }

    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        let inner = RecordingDeserializer { known: self.known, ..self.watch(inner) };
        self.inner.visit_map(RecordingMap { inner, seen: HashSet::new(), key: Location::UNKNOWN })
    }

    // The variants of an enum have no content.
    fn visit_enum<A: EnumAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.inner.visit_enum(inner)
    }
}

/// A value of a mapping or a list.
impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for RecordingDeserializer<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<S::Value, D::Error> {
        let inner = self.watch(inner);
        self.inner.deserialize(inner)
    }
}

struct RecordingSeq<'a, A> {
    inner: RecordingDeserializer<'a, A>,
    next: usize,
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for RecordingSeq<'_, A> {
    type Error = A::Error;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let reading = self.inner.attempts;
        loop {
            reading.enter(self.next.to_string());
            self.next += 1;
            if !reading.is_left_out() {
                break;
            }
            reading.leave();
            if self.inner.inner.next_element::<IgnoredAny>()?.is_none() {
                return Ok(None);
            }
        }
        let seed = self.inner.watch(seed);
        let element = self.inner.inner.next_element_seed(seed);
        match &element {
            Ok(_) => reading.leave(),
            Err(_) => reading.fails(None),
        }
        element
    }
}

struct RecordingMap<'a, A> {
    inner: RecordingDeserializer<'a, A>,
    seen: HashSet<String>,
    /// Position of the next value's key.
    key: Location,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for RecordingMap<'_, A> {
    type Error = A::Error;

    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, A::Error> {
        let reading = self.inner.attempts;
        loop {
            let Some(key) = self.inner.inner.next_key::<Spanned<String>>()? else { return Ok(None) };
            let (key, location) = (key.value, key.referenced);
            self.key = location;
            reading.enter(key.clone());
            let is_known = self.inner.known.is_none_or(|known| known.contains(&&*key));
            if reading.is_left_out() {
            } else if !self.seen.insert(key.clone()) {
                reading.note(location, IssueKind::DuplicateKey { key });
            } else if let Some(known) = self.inner.known.filter(|_| !is_known) {
                reading.note(location, IssueKind::UnknownKey { key, known });
            } else {
                let key = seed.deserialize(key.into_deserializer());
                return key.map(Some).inspect_err(|_: &A::Error| reading.fails(Some(location)));
            }
            self.inner.inner.next_value::<IgnoredAny>()?;
            reading.leave();
        }
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, A::Error> {
        let seed = self.inner.watch(seed);
        let value = self.inner.inner.next_value_seed(seed);
        match &value {
            Ok(_) => self.inner.attempts.leave(),
            Err(_) => self.inner.attempts.fails(Some(self.key)),
        }
        value
    }
}
