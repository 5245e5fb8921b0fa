//! The pictures that were drawn last, kept for whoever asks again.

use std::{sync::OnceLock, thread::available_parallelism};

use quick_cache::{Weighter, sync::Cache};
use tokio::{sync::Semaphore, task::spawn_blocking};

use super::{Media, Specimen, content_type};

/// About how large a picture is, in bytes; the cache is laid out for so many as then fit.
const USUAL_SIZE: usize = 200 << 10;

/// Draws specimens when they are asked for, and keeps the last ones, up to so many bytes.
#[derive(Debug)]
pub(crate) struct Specimens {
    most_bytes: usize,
    /// Made when the first picture is asked for.
    studio: OnceLock<Studio>,
}

#[derive(Debug)]
struct Studio {
    cache: Cache<Specimen, Media, Weight>,
    /// A drawing takes memory, too: there are as many at a time as there are processors.
    drawings: Semaphore,
}

#[derive(Debug, Clone)]
struct Weight;

impl Weighter<Specimen, Media> for Weight {
    fn weight(&self, specimen: &Specimen, media: &Media) -> u64 {
        (specimen.document.len() + media.bytes.len()) as u64
    }
}

impl Specimens {
    pub(crate) fn new(most_bytes: usize) -> Self {
        Self { most_bytes, studio: OnceLock::new() }
    }

    /// The picture of a specimen. It is drawn once, however many ask for it at the same time.
    ///
    /// # Errors
    ///
    /// A message that says why the session has no such picture.
    pub(crate) async fn get(&self, specimen: Specimen) -> Result<Media, String> {
        let Studio { cache, drawings } = self.studio.get_or_init(|| Studio {
            cache: Cache::with_weighter(self.most_bytes / USUAL_SIZE + 1, self.most_bytes as u64, Weight),
            drawings: Semaphore::new(available_parallelism().map_or(1, usize::from)),
        });
        let developed = async {
            let _turn = drawings.acquire().await.expect("nobody closes it");
            let content_type = content_type(specimen.wanted.kind);
            let specimen = specimen.clone();
            let drawn = spawn_blocking(move || specimen.develop()).await.expect("drawing ends")?;
            Ok(Media::new(drawn.into(), content_type))
        };
        cache.get_or_insert_async(&specimen, developed).await
    }
}
