//! What is sent over a socket: the packet that begins it and its reply, and then frames, each a text of JSON.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::WireError;

/// The first packet: who is at the other end.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hello {
    /// The version of this packet; 1.
    pub auth_version: u32,
    /// What the client calls itself: made up, or a part of a token.
    pub client_identifier: String,
    /// The other part.
    pub client_passkey: String,
}

/// The reply to it.
#[derive(Debug, Serialize)]
pub struct Welcome {
    /// Whether the client is let in.
    pub success: bool,
    /// Why it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What a client sends. Identifiers are the client's, and count for its connection alone.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ClientFrame {
    /// Calls an endpoint.
    RpcCall {
        /// Which.
        endpoint: String,
        /// What its reply names it by.
        call_id: i64,
        /// What it is given.
        #[serde(default)]
        parameter: Value,
    },
    /// Opens a channel.
    ChannelCreate {
        /// To which endpoint.
        endpoint: String,
        /// What its messages name it by.
        channel_id: i64,
        /// What it is given.
        #[serde(default)]
        creation_parameter: Value,
    },
    /// Says something over a channel.
    ChannelSend {
        /// Which.
        channel_id: i64,
        /// What.
        message: ChannelWord,
        /// Wants to hear that it came.
        ack_id: Option<i64>,
    },
    /// Heard what asked for it.
    ChannelAck {},
    /// Is still there.
    KeepAlive {},
    /// Did not understand something.
    CommunicationWarning {},
    /// Wants to hear of changes.
    SignalSubscribe {
        /// Of what.
        endpoint: String,
        /// What changes name it by.
        subscribe_id: i64,
    },
    /// The same of what may be written as well.
    WritableSignalSubscribe {
        /// Of what.
        endpoint: String,
        /// What changes name it by.
        subscribe_id: i64,
    },
    /// Does not want to any more.
    SignalUnsubscribe {},
    /// The same.
    WritableSignalUnsubscribe {},
    /// Writes.
    WritableSignalUpdate {
        /// What changes name it by.
        subscribe_id: i64,
    },
}

/// What a client says over an open channel: all that there is here is to end it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum ChannelWord {
    /// Ends it before its time.
    #[serde(alias = "stop")]
    Cancel,
}

/// What the server sends.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ServerFrame {
    /// The reply to a call.
    RpcResult {
        /// Which.
        call_id: i64,
        /// Nothing if the endpoint gives nothing.
        #[serde(skip_serializing_if = "Option::is_none")]
        result: Option<Value>,
    },
    /// A call failed.
    RpcError {
        /// Which.
        call_id: i64,
        /// Why.
        error: WireError,
    },
    /// A message of a channel.
    ChannelSend {
        /// Which.
        channel_id: i64,
        /// What.
        message: Value,
    },
    /// A message over a channel came.
    ChannelAck {
        /// Which channel.
        channel_id: i64,
        /// Which message.
        ack_id: i64,
    },
    /// A channel has ended.
    ChannelClose {
        /// Which.
        channel_id: i64,
    },
    /// A channel has failed.
    ChannelError {
        /// Which.
        channel_id: i64,
        /// Why.
        error: WireError,
    },
    /// There are no such changes to hear of.
    SignalError {
        /// What.
        subscribe_id: i64,
        /// Why.
        error: WireError,
    },
    /// There is nothing to write to.
    WritableSignalError {
        /// What.
        subscribe_id: i64,
        /// Why.
        error: WireError,
    },
    /// The server is still there.
    KeepAliveAck,
    /// Something was not understood.
    CommunicationWarning {
        /// What.
        warning: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn frames_are_read_as_clients_write_them() {
        let read = |frame: Value| serde_json::from_value::<ClientFrame>(frame);
        let call = json!({"type": "rpcCall", "endpoint": "listLoaded", "callId": 0});
        assert!(matches!(
            read(call).expect("a call"),
            ClientFrame::RpcCall { call_id: 0, parameter: Value::Null, .. }
        ));
        for word in ["cancel", "stop"] {
            let said = json!({"type": "channelSend", "channelId": 3, "message": {"type": word}});
            assert!(matches!(
                read(said).expect("a message"),
                ClientFrame::ChannelSend {
                    channel_id: 3,
                    message: ChannelWord::Cancel,
                    ack_id: None
                }
            ));
        }
        assert!(read(json!({"type": "keepAlive"})).is_ok());
        assert!(read(json!({"type": "rpcCall", "callId": 1})).is_err());
        assert!(read(json!({"type": "unheardOf"})).is_err());
    }

    #[test]
    fn a_reply_without_a_result_has_none() {
        let frame = ServerFrame::RpcResult { call_id: 7, result: None };
        assert_eq!(json!(frame), json!({"type": "rpcResult", "callId": 7}));
        assert_eq!(json!(ServerFrame::KeepAliveAck), json!({"type": "keepAliveAck"}));
    }
}
