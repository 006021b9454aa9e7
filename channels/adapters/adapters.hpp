#pragma once

#include <string>

#include "channels/logged/logged.hpp"
#include "channels/transfer/environment.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/runtime/channel_adapter.hpp"

namespace lotse {

/// What the adapters have from outside the workspace.
struct AdapterSources {
  transfer::Environment environment;
  logged::Sink log;           ///< of channels with `adapter: log`
  std::string authorities{};  ///< transfer::Options::authorities
};

/// The ways out that channels.yaml names: for each channel with an adapter, for each team with a `webhook`
/// (`team:install-desk`). The findings are about channels.yaml, without codes: a variable
/// that is not set, a template that a touchpoint uses and that is not there; and, as warnings, a channel
/// whose adapter has no settings, by which nothing leaves. With an error there are no adapters at all.
[[nodiscard]] Loaded<ChannelAdapters> make_adapters(const Workspace& workspace,
                                                    const AdapterSources& sources);

}  // namespace lotse
