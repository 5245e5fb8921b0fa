//! The pictures that were drawn last, kept for whoever asks again.

use std::{
    sync::{Arc, OnceLock},
    thread::available_parallelism,
};

use quick_cache::{Weighter, sync::Cache};
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{Media, Specimen, content_type};

/// About how large a picture is, in bytes; the cache is laid out for so many as then fit.
const USUAL_SIZE: usize = 200 << 10;

/// Draws sample pictures on demand and caches the latest ones, up to a size in bytes.
#[derive(Debug)]
pub(crate) struct Specimens {
    most_bytes: usize,
    /// Made when the first picture is asked for.
    renderer: OnceLock<Studio>,
}

#[derive(Debug)]
struct Studio {
    cache: Cache<Specimen, Media, Weight>,
    /// A drawing takes memory, too: there are as many at a time as there are processors.
    drawings: Arc<Semaphore>,
}

#[derive(Debug, Clone)]
struct Weight;

impl Weighter<Specimen, Media> for Weight {
    fn weight(&self, sample: &Specimen, media: &Media) -> u64 {
        (sample.document.len() + media.bytes.len()) as u64
    }
}

impl Specimens {
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self { most_bytes, renderer: OnceLock::new() }
    }

    /// Returns the drawn picture. It is drawn once, even for concurrent requests.
    ///
    /// # Errors
    ///
    /// A message that says why the session has no such picture.
    pub(crate) async fn get(&self, sample: Specimen) -> Result<Media, String> {
        let Studio { cache, drawings } = self.renderer.get_or_init(|| Studio {
            cache: Cache::with_weighter(self.most_bytes / USUAL_SIZE + 1, self.most_bytes as u64, Weight),
            drawings: Arc::new(Semaphore::new(available_parallelism().map_or(1, usize::from))),
        });
        let developed = async {
            let turn = drawings.clone().acquire_owned().await.expect("nobody closes it");
            let sample = sample.clone();
            let developed = spawn_blocking(move || {
                // Whoever asked may be gone: the turn lasts as long as the drawing.
                let _turn = turn;
                Ok(Media::new(sample.develop()?.into(), content_type(sample.request.kind)))
            });
            developed.await.expect("drawing ends")
        };
        cache.get_or_insert_async(&sample, developed).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        media::{Sitter, Wanted},
        vendor::{MediaKind, Token, TokenSource},
    };

    fn face(session: Token) -> Specimen {
        Specimen {
            request: Wanted { kind: MediaKind::Face, document_type: None, page: 1 },
            document: json!({"face_images": 1}).to_string().into(),
            subject: Arc::new(Sitter { session, name: "Anna Exempla".into(), is_female: true }),
            has_liveness: false,
            has_face_document: false,
        }
    }

    #[tokio::test]
    async fn pictures_are_kept_up_to_so_many_bytes() {
        let (cache, tokens) = (Specimens::new(300_000), TokenSource::new(Some(1), "key"));
        let mut drawn = 0;
        for _ in 0..20 {
            drawn += cache.get(face(tokens.next())).await.unwrap().bytes.len();
        }
        let cache = &cache.renderer.get().unwrap().cache;
        assert!(drawn > 600_000 && (100_000..=300_000).contains(&cache.weight()), "{drawn}, {}", cache.weight());
    }

    #[tokio::test]
    async fn many_who_ask_at_once_get_one_drawing() {
        let cache = Specimens::new(1 << 20);
        let sample = face(TokenSource::new(Some(1), "key").next());
        let (one, other) = tokio::join!(cache.get(sample.clone()), cache.get(sample));
        assert_eq!(one.unwrap().bytes.as_ptr(), other.unwrap().bytes.as_ptr(), "the same bytes at the same place");
    }
}
