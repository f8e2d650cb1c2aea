//! What the owner is told of the servers. It may hold what a server was given, and is for nobody else.

use futures::future::join_all;
use quire_domain::{McpServer, McpServerTool, McpServers};

use super::tool::HostedTool;
use super::{HostedServer, McpHost, show_way};

impl McpHost {
    /// Tells how the servers are; none is started for it.
    pub fn report(&self) -> McpServers {
        McpServers {
            file: self.file().map(|file| file.display().to_string()),
            problem: self.problem().map(str::to_owned),
            servers: self.servers().iter().map(|server| server.describe()).collect(),
        }
    }

    /// Starts all servers that can be used and lists their tools, and tells how they are then. What fails is told with the rest.
    pub async fn connect_all(&self) -> McpServers {
        drop(join_all(self.servers().iter().map(|server| server.list_tools())).await);
        self.report()
    }
}

impl HostedServer {
    /// Tells how it is, as the owner sees it.
    pub fn describe(&self) -> McpServer {
        let report = self.report();
        let way = self.settings().ok().map(|settings| show_way(&settings.way));
        let (transport, target) = way.unzip();
        let tool = |tool: &HostedTool| McpServerTool {
            name: tool.name.clone(),
            description: tool.description.clone(),
            allowed: self.allows(&tool.name),
        };
        McpServer {
            label: self.label().to_owned(),
            state: report.state,
            transport: transport.map(str::to_owned),
            target,
            tools: report.listing.tools.iter().map(tool).collect(),
            left_out: report.listing.left_out,
            allow: self.allowed(),
            last_error: report.last_error,
            complaint: report.complaint,
            starts: report.starts,
        }
    }
}
