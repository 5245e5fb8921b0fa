//! A cache of the pictures that were drawn last.

use std::{
    sync::{Arc, OnceLock},
    thread::available_parallelism,
};

use quick_cache::{Weighter, sync::Cache};
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{MediaFile, SamplePicture, content_type};
use crate::problem::Problem;

/// Approximate size of a picture, in bytes, from which the cache derives its number of entries.
const TYPICAL_PICTURE_BYTES: usize = 200 << 10;

/// Draws sample pictures on demand and caches the latest ones, up to a size in bytes.
#[derive(Debug)]
pub(crate) struct SampleCache {
    most_bytes: usize,
    /// Created with the first picture.
    renderer: OnceLock<SampleRenderer>,
}

#[derive(Debug)]
struct SampleRenderer {
    cache: Cache<SamplePicture, MediaFile, SampleWeigher>,
    /// Limits concurrent drawings, which take memory, to the number of processors.
    drawings: Arc<Semaphore>,
}

#[derive(Debug, Clone)]
struct SampleWeigher;

impl Weighter<SamplePicture, MediaFile> for SampleWeigher {
    fn weight(&self, sample: &SamplePicture, media: &MediaFile) -> u64 {
        (sample.document.len() + media.bytes.len()) as u64
    }
}

impl SampleCache {
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self { most_bytes, renderer: OnceLock::new() }
    }

    /// Returns the drawn picture. It is drawn once, even for concurrent requests.
    ///
    /// # Errors
    ///
    /// [`Problem`]: the reason the session has no such picture.
    pub(crate) async fn get(&self, sample: SamplePicture) -> Result<MediaFile, Problem> {
        let SampleRenderer { cache, drawings } = self.renderer.get_or_init(|| SampleRenderer {
            cache: Cache::with_weighter(
                self.most_bytes / TYPICAL_PICTURE_BYTES + 1,
                self.most_bytes as u64,
                SampleWeigher,
            ),
            drawings: Arc::new(Semaphore::new(available_parallelism().map_or(1, usize::from))),
        });
        let developed = async {
            let turn = drawings.clone().acquire_owned().await.expect("it is never closed");
            let sample = sample.clone();
            let developed = spawn_blocking(move || {
                // The client may disconnect: the permit lasts as long as the drawing.
                let _turn = turn;
                Ok(MediaFile::new(sample.render()?.into(), content_type(sample.request.kind)))
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
        media::{PictureRequest, PortraitSubject},
        vendor::{MediaKind, Token, TokenSource},
    };

    fn face(session: Token) -> SamplePicture {
        SamplePicture {
            request: PictureRequest { kind: MediaKind::Face, document_type: None, page: 1 },
            document: json!({"face_images": 1}).to_string().into(),
            subject: Arc::new(PortraitSubject { session, name: "Anna Exempla".into(), is_female: true }),
            has_liveness: false,
            has_face_document: false,
        }
    }

    #[tokio::test]
    async fn pictures_are_kept_up_to_so_many_bytes() {
        let (cache, tokens) = (SampleCache::new(300_000), TokenSource::new(Some(1), "key"));
        let mut drawn = 0;
        for _ in 0..20 {
            drawn += cache.get(face(tokens.next())).await.unwrap().bytes.len();
        }
        let cache = &cache.renderer.get().unwrap().cache;
        assert!(drawn > 600_000 && (100_000..=300_000).contains(&cache.weight()), "{drawn}, {}", cache.weight());
    }

    #[tokio::test]
    async fn many_who_ask_at_once_get_one_drawing() {
        let cache = SampleCache::new(1 << 20);
        let sample = face(TokenSource::new(Some(1), "key").next());
        let (one, other) = tokio::join!(cache.get(sample.clone()), cache.get(sample));
        assert_eq!(one.unwrap().bytes.as_ptr(), other.unwrap().bytes.as_ptr(), "the same bytes at the same place");
    }
}
