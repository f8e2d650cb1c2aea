//! BERT and `RoBERTa` by candle-transformers, for graphics cards: the loops of our own network are written for processors.

use candle_core::{DType, Device, Result};
use candle_nn::VarBuilder;
use candle_transformers::models::{bert, xlm_roberta};
use serde::Deserialize;

use super::encoder::{Encoder, LONGEST, Tokens, read_one_by_one};

/// The network without a head.
pub struct BertOnCard {
    network: Network,
    device: Device,
    width: usize,
    window: usize,
}

enum Network {
    Bert(bert::BertModel),
    /// Its positions begin behind that of padding.
    Roberta(xlm_roberta::XLMRobertaModel),
}

/// What the configurations of both say.
#[derive(Deserialize)]
struct Common {
    model_type: String,
    hidden_size: usize,
    max_position_embeddings: usize,
    #[serde(default)]
    pad_token_id: usize,
}

impl BertOnCard {
    /// Loads the network from its `config.json`, and the bytes of its weights with what stands before the names of its tensors,
    /// to be computed on `device`.
    pub fn load(
        config: &serde_json::Value,
        (file, prefix): (&[u8], &str),
        device: &Device,
    ) -> Result<Self> {
        let common = Common::deserialize(config).map_err(candle_core::Error::wrap)?;
        let weights = VarBuilder::from_slice_safetensors(file, DType::F32, device)?;
        let weights = match prefix.trim_end_matches('.') {
            "" => weights,
            prefix => weights.pp(prefix),
        };
        let (network, first_position) = if common.model_type.contains("roberta") {
            let config =
                xlm_roberta::Config::deserialize(config).map_err(candle_core::Error::wrap)?;
            let network = xlm_roberta::XLMRobertaModel::new(&config, weights)?;
            (Network::Roberta(network), common.pad_token_id + 1)
        } else {
            let config = bert::Config::deserialize(config).map_err(candle_core::Error::wrap)?;
            (Network::Bert(bert::BertModel::load(weights, &config)?), 0)
        };
        let window = common.max_position_embeddings.saturating_sub(first_position).min(LONGEST);
        Ok(Self { network, device: device.clone(), width: common.hidden_size, window })
    }
}

impl Encoder for BertOnCard {
    fn width(&self) -> usize {
        self.width
    }

    fn window(&self) -> usize {
        self.window
    }

    fn read(&self, texts: &[Tokens], each: &mut dyn FnMut(&[f32])) -> Result<()> {
        read_one_by_one(texts, &self.device, each, |ids, token_type_ids| match &self.network {
            Network::Bert(network) => network.forward(ids, token_type_ids, None),
            Network::Roberta(network) => {
                network.forward(ids, &ids.ones_like()?, token_type_ids, None, None, None)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use candle_nn::VarMap;
    use serde_json::json;

    use super::*;
    use crate::candle::bert::Bert;
    use crate::candle::config::BertConfig;
    use crate::candle::weights::Weights;

    /// The vectors of a text, by a network whose weights are drawn: as a processor's and as a card's network has them.
    fn both(model_type: &str, prefix: &str) -> [Vec<f32>; 2] {
        let config = json!({
            "model_type": model_type, "vocab_size": 50, "hidden_size": 32, "num_hidden_layers": 2,
            "num_attention_heads": 4, "intermediate_size": 64, "hidden_act": "gelu", "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0, "max_position_embeddings": 24, "type_vocab_size": 2,
            "initializer_range": 0.5, "layer_norm_eps": 1e-5, "pad_token_id": 1, "position_embedding_type": "absolute",
        });
        let drawn = VarMap::new();
        let names = VarBuilder::from_varmap(&drawn, DType::F32, &Device::Cpu);
        let names = if prefix.is_empty() { names } else { names.pp(prefix.trim_end_matches('.')) };
        if model_type == "bert" {
            let config = bert::Config::deserialize(&config).expect("a configuration");
            bert::BertModel::load(names, &config).expect("weights are drawn");
        } else {
            let config = xlm_roberta::Config::deserialize(&config).expect("a configuration");
            xlm_roberta::XLMRobertaModel::new(&config, names).expect("weights are drawn");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("model.safetensors");
        drawn.save(&path).expect("they are written");
        let file = std::fs::read(path).expect("they are read");
        let weights = Weights::open(&file).expect("a file");
        assert_eq!(weights.prefix(), prefix);
        let known = BertConfig::read(config.clone()).expect("a configuration");
        let processor = Bert::load(&weights, &known).expect("a network");
        let card = BertOnCard::load(&config, (&file, prefix), &Device::Cpu).expect("a network");
        assert_eq!((processor.width(), processor.window()), (card.width(), card.window()));
        let texts = [Tokens::single(vec![5, 17, 44, 9, 17]), Tokens::single(vec![3])];
        let read = |network: &dyn Encoder| {
            let mut all = Vec::new();
            let read = network.read(&texts, &mut |vectors| all.extend_from_slice(vectors));
            read.expect("texts are read");
            all
        };
        [read(&processor), read(&card)]
    }

    #[test]
    fn a_card_gives_the_vectors_that_a_processor_gives() {
        for (model_type, prefix) in [("bert", ""), ("bert", "bert."), ("xlm-roberta", "roberta.")] {
            let [processor, card] = both(model_type, prefix);
            assert_eq!(processor.len(), 6 * 32, "{model_type}");
            let off = processor.iter().zip(&card).map(|(one, other)| (one - other).abs());
            let most = off.fold(0.0, f32::max);
            assert!(most < 1e-4, "{model_type}: {most}");
        }
    }
}
