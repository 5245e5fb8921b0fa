//! Session tokens, and the only source of random values.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// A session token: 40 characters of `[a-z0-9]` ([source](crate::fidelity#calls)).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Token([u8; Token::LENGTH]);

impl Token {
    pub(crate) const LENGTH: usize = 40;

    /// Parses a token; `None` if `text` is malformed.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; Self::LENGTH] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9')).then_some(Self(bytes))
    }

    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a token is ASCII")
    }

    /// Returns a number that depends only on the token and a purpose.
    ///
    /// All invented values of a session are derived from it, so they are stable.
    pub(crate) fn draw(&self, purpose: &str) -> u64 {
        draw(self.0, purpose)
    }
}

/// Returns a number as [`Token::draw`], for values that are not of a session.
pub(crate) fn draw(thing: impl AsRef<[u8]>, purpose: &str) -> u64 {
    leading_number(&Sha256::new().chain_update(purpose).chain_update(thing).finalize())
}

impl TryFrom<String> for Token {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a token has 40 characters of a-z and 0-9")
    }
}

impl Serialize for Token {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn leading_number(digest: &[u8]) -> u64 {
    u64::from_be_bytes(std::array::from_fn(|i| digest[i]))
}

/// Draws the tokens of a company: the n-th depends on the seed, the company key and n.
///
/// So concurrent companies do not affect each other's tokens.
#[derive(Debug)]
pub(crate) struct TokenSource {
    start: Sha256,
    is_seeded: bool,
    drawn: AtomicU64,
}

impl TokenSource {
    /// Creates a source. Without a `seed`, a random one is used.
    pub(crate) fn new(seed: Option<u64>, company_key: &str) -> Self {
        let is_seeded = seed.is_some();
        #[expect(clippy::disallowed_methods, reason = "the one place that draws random values")]
        let seed = seed.map_or_else(|| uuid::Uuid::new_v4().as_u128(), u128::from);
        let start = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(company_key);
        Self { start, is_seeded, drawn: AtomicU64::new(0) }
    }

    /// Starts over if tokens are reproducible: the next one is the first again. Otherwise tokens never repeat.
    pub(crate) fn reset(&self) {
        if self.is_seeded {
            self.drawn.store(0, Ordering::Relaxed);
        }
    }

    /// Returns a number that depends only on seed, company and purpose.
    pub(crate) fn draw(&self, purpose: &str) -> u64 {
        leading_number(&self.start.clone().chain_update(purpose).finalize())
    }

    pub(crate) fn next(&self) -> Token {
        let number = self.drawn.fetch_add(1, Ordering::Relaxed);
        let digest = self.start.clone().chain_update(number.to_be_bytes()).finalize();
        // 20 digits in base 36 fit into 16 bytes with 24 bits to spare, so all digits are evenly distributed. They are
        // split off ten at a time, because 64 bits are much faster to divide than 128.
        const TEN_DIGITS: u128 = 36_u128.pow(10);
        let mut token = [0; Token::LENGTH];
        for (digits, half) in token.chunks_mut(20).zip(digest.chunks(16)) {
            let number = u128::from_be_bytes(half.try_into().expect("half a digest has 16 bytes"));
            let tens = [number % TEN_DIGITS, number / TEN_DIGITS % TEN_DIGITS];
            for (digits, ten) in digits.chunks_mut(10).zip(tens) {
                let mut rest = ten as u64;
                for digit in digits {
                    *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[(rest % 36) as usize];
                    rest /= 36;
                }
            }
        }
        Token(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawn_token_is_one_that_parses() {
        let source = TokenSource::new(None, "key");
        for _ in 0..1000 {
            let token = source.next();
            assert_eq!(Token::parse(token.as_str()), Some(token));
        }
    }

    #[test]
    fn what_cannot_be_a_token_is_refused() {
        let good = "a".repeat(40);
        assert!(Token::parse(&good).is_some());
        for bad in [&good[1..], &format!("{good}a"), &good.to_uppercase(), &format!("{}é", &good[2..])] {
            assert_eq!(Token::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn tokens_depend_on_seed_company_and_number_only() {
        let draw = |seed, key| {
            let source = TokenSource::new(Some(seed), key);
            [source.next(), source.next()]
        };
        assert_eq!(draw(1, "a"), draw(1, "a"));
        assert_ne!(draw(1, "a"), draw(2, "a"));
        assert_ne!(draw(1, "a"), draw(1, "b"));
        assert_ne!(draw(1, "a")[0], draw(1, "a")[1]);
    }

    #[test]
    fn without_a_seed_two_sources_differ() {
        assert_ne!(TokenSource::new(None, "a").next(), TokenSource::new(None, "a").next());
    }
}
