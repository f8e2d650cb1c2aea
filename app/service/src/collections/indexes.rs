//! The indexes of a collection: building the next one beside the active one, switching to it, going
//! back.
//!
//! The next index is filled by ingest (see `ingest::build`), from stored texts and cached vectors.
//! Search keeps to the active one until one transaction of the catalog switches.

use quire_catalog::{IndexRecord, IndexRole, NewIndexRecord};
use quire_domain::{
    Collection, CollectionName, IndexChoice, IndexState, IndexSwitch, IngestTask, Language, Warning,
};
use quire_language::ANALYZER_VERSION;

use super::Collections;
use crate::indexes::new_index;
use crate::{CollectionChange, ServiceError};

impl Collections {
    /// Switches to the next index as soon as it is ready, which may be at once.
    pub async fn switch_index(&self, name: &CollectionName) -> Result<Collection, ServiceError> {
        let collection = self.catalog.get_collection(name).await?;
        if let Some(reason) = collection.next_index.and_then(|next| next.error) {
            return Err(ServiceError::IndexFailed { collection: name.clone(), reason });
        }
        self.catalog.resume_next_index(name, IndexSwitch::WhenReady).await?;
        self.go_on_building(name).await
    }

    /// Goes back to the previous index: at once if nothing changed since, else as soon as it
    /// has what changed. An index that is being built is given up.
    pub async fn go_back(&self, name: &CollectionName) -> Result<Collection, ServiceError> {
        self.catalog.restore_previous_index(name).await?;
        self.go_on_building(name).await
    }

    /// Gives up the index that is being built.
    pub async fn drop_next_index(&self, name: &CollectionName) -> Result<Collection, ServiceError> {
        self.catalog.drop_next_index(name).await?;
        self.go_on_building(name).await
    }

    /// Removes the index kept for going back.
    pub async fn drop_previous_index(
        &self,
        name: &CollectionName,
    ) -> Result<Collection, ServiceError> {
        self.catalog.drop_previous_index(name).await?;
        self.ingest.remove_or_leave_to_upkeep().await;
        self.get(name).await
    }

    /// Begins the index that a change of language or model needs, unless there is one already.
    pub(crate) async fn change_index(
        &self,
        name: &CollectionName,
        change: CollectionChange,
    ) -> Result<Collection, ServiceError> {
        let catalog = &self.catalog;
        let collection = catalog.get_collection(name).await?;
        // A second change is added to the first.
        let next = collection.with_index(IndexChoice::Next);
        let base = next.as_ref().unwrap_or(&collection);
        let model = match change.embedding_model {
            // Whether it can be used is told now, and not when the worker comes to it.
            Some(model) if model != base.embedding_model => {
                self.models.get_embedder(&model).await?.info().model.clone()
            }
            _ => base.embedding_model.clone(),
        };
        let language = match change.language {
            Some(Language::Unknown) => self.detect_language(name).await?,
            Some(language) => language,
            None => base.language,
        };
        // If nothing is indexed yet there is nothing to compare.
        let compares = model != collection.embedding_model && collection.counts.chunks > 0;
        let default = if compares { IndexSwitch::OnRequest } else { IndexSwitch::WhenReady };
        let switch = change.switch.unwrap_or(default);
        let fits =
            |other: &Collection| other.embedding_model == model && other.language == language;
        if next.as_ref().is_some_and(fits) {
            catalog.resume_next_index(name, switch).await?;
        } else if !fits(&collection) {
            catalog.begin_next_index(name, new_index(model, language), switch).await?;
        } else if next.is_some() {
            catalog.drop_next_index(name).await?;
        }
        self.go_on_building(name).await
    }

    /// Gives the language of most of a collection's chunks, `Unknown` if none is known.
    pub async fn detect_language(&self, name: &CollectionName) -> Result<Language, ServiceError> {
        let counts = self.catalog.count_languages(name).await?;
        let known = counts.into_iter().find(|(language, _)| *language != Language::Unknown);
        Ok(known.map(|(language, _)| language).unwrap_or_default())
    }

    /// Removes indexes that were given up, switches to one that lacks nothing, and wakes the
    /// worker for one that does.
    async fn go_on_building(&self, name: &CollectionName) -> Result<Collection, ServiceError> {
        self.ingest.remove_or_leave_to_upkeep().await;
        let collection = self.catalog.get_collection(name).await?;
        let switched = match &collection.next_index {
            Some(next) if next.switch == IndexSwitch::WhenReady => {
                self.ingest.switch_if_ready(&next.index_id).await?
            }
            _ => false,
        };
        if !switched {
            self.ingest.announce_index(name).await;
        }
        self.ingest.wake(IngestTask::Indexes);
        self.ingest.wake(IngestTask::Documents);
        self.get(name).await
    }

    /// Begins anew every index whose terms are of another version of the analyzer.
    pub(crate) async fn renew_indexes(&self) -> Result<(), ServiceError> {
        let catalog = &self.catalog;
        let indexes = catalog.list_indexes().await?;
        let is_old = |one: &&IndexRecord| one.index.analyzer_version != ANALYZER_VERSION;
        for active in indexes.iter().filter(|one| one.role == IndexRole::Active) {
            let name = &active.collection;
            let find =
                |role| indexes.iter().find(|one| one.collection == *name && one.role == role);
            let next = find(IndexRole::Next);
            // An old active index needs nothing if another is on its way to take its place.
            let old = if next.is_some() { next } else { Some(active) };
            if let Some(old) = old.filter(is_old) {
                let NewIndexRecord { embedding_model, language, .. } = &old.index;
                let index = new_index(embedding_model.clone(), *language);
                catalog.begin_next_index(name, index, old.switch).await?;
                tracing::info!(collection = %name, "the index of `{name}` is made anew");
            }
            if find(IndexRole::Previous).as_ref().is_some_and(is_old) {
                catalog.drop_previous_index(name).await?;
            }
        }
        Ok(())
    }

    /// Waits until no index of the collection is being built: it is active, ready or failed.
    pub async fn wait_until_built(&self, name: &CollectionName) -> Result<(), ServiceError> {
        let mut events = self.ingest.parts.events.subscribe();
        let mut stopping = self.ingest.parts.stopping.clone();
        loop {
            let next = self.catalog.get_collection(name).await?.next_index;
            let goes_on = next.is_some_and(|next| match next.state {
                IndexState::Building => true,
                IndexState::Ready => next.switch == IndexSwitch::WhenReady,
                IndexState::Failed => false,
            });
            if !goes_on {
                return Ok(());
            }
            tokio::select! {
                _ = events.recv() => {}
                _ = stopping.wait_for(|stopping| *stopping) => {
                    return Err(ServiceError::TaskStopped { task: "building an index" });
                }
            }
        }
    }

    /// Adds what the owner of a collection should know. Loads no model.
    pub(crate) fn with_warnings(&self, mut collection: Collection) -> Collection {
        let Collection { embedding_model, language, .. } = &collection;
        let known = self.models.find_languages(embedding_model);
        let reads = known.is_none_or(|known| known.contains(language));
        if *language != Language::Unknown && !reads {
            let language = language.name();
            collection.warnings.push(Warning::new(
                "embedding_model_language",
                format!(
                    "the embedding model `{embedding_model}` was not made for {language}; search goes by words more than by meaning"
                ),
            ));
        }
        collection
    }
}
