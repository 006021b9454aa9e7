#include "channels/adapters/adapters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "channels/smtp/smtp.hpp"
#include "channels/smtp/templates.hpp"
#include "channels/webhook/webhook.hpp"

namespace lotse {
namespace {

using TemplateNames = std::set<std::string, std::less<>>;

/// What any version of a journey may still send by the channel.
TemplateNames templates_of(const Workspace& workspace, const std::string& channel) {
  TemplateNames names;
  for (const JourneyVersions& versions : workspace.journeys) {
    for (const auto& journey : versions.versions) {
      for (const Touchpoint& touchpoint : journey->touchpoints) {
        const bool sent = touchpoint.send && std::any_of(touchpoint.channels.begin(),
                                                         touchpoint.channels.end(), [&](ChannelIndex index) {
                                                           return journey->channels[index.value()] == channel;
                                                         });
        if (sent) names.insert(touchpoint.send->template_name);
      }
    }
  }
  return names;
}

class Maker {
 public:
  Maker(const Workspace& workspace, const AdapterSources& sources)
      : workspace_(workspace), sources_(sources) {}

  Loaded<ChannelAdapters> make() {
    for (const Channel& channel : workspace_.channels.channels) make_channel(channel);
    for (const Team& team : workspace_.channels.teams) make_team(team);
    if (has_errors(findings_)) return {std::nullopt, std::move(findings_)};
    return {std::move(adapters_), std::move(findings_)};
  }

 private:
  void make_channel(const Channel& channel) {
    const std::string what = fmt::format("channel `{}`", channel.id);
    if (channel.adapter == "log") {
      adapters_.emplace(channel.id, logged::make_adapter(sources_.log));
    } else if (channel.adapter == "webhook" && channel.webhook) {
      add(channel.id, channel.where, what,
          webhook::make_adapter(*channel.webhook, sources_.environment, options()));
    } else if (channel.adapter == "smtp" && channel.smtp) {
      make_smtp(channel, what);
    } else if (channel.adapter != "none") {
      tell(Severity::warning, channel.where,
           fmt::format("nothing leaves by {0}: it has `adapter: {1}` and no `{1}` settings", what,
                       channel.adapter));
    }
  }

  void make_smtp(const Channel& channel, const std::string& what) {
    smtp::Templates templates;
    for (const std::string& name : templates_of(workspace_, channel.id)) {
      auto loaded = smtp::load_template(workspace_.root / "templates", name);
      if (!loaded) {
        tell(Severity::error, channel.where, fmt::format("{}: {}", what, loaded.error().message));
        continue;
      }
      templates.emplace(name, *std::move(loaded));
    }
    add(channel.id, channel.where, what,
        smtp::make_adapter(*channel.smtp, std::move(templates), sources_.environment, options()));
  }

  void make_team(const Team& team) {
    if (!team.webhook) return;  // who looks at the list of tasks needs none
    add("team:" + team.id, {workspace_.channels.file}, fmt::format("team `{}`", team.id),
        webhook::make_adapter(*team.webhook, sources_.environment, options()));
  }

  [[nodiscard]] transfer::Options options() const { return {.authorities = sources_.authorities}; }

  void add(std::string name, const Location& where, const std::string& what,
           Result<std::shared_ptr<ChannelAdapter>> made) {
    if (made) {
      adapters_.emplace(std::move(name), *std::move(made));
    } else {
      tell(Severity::error, where, fmt::format("{}: {}", what, made.error().message));
    }
  }

  void tell(Severity severity, const Location& where, std::string message) {
    Diagnostic finding;
    finding.severity = severity;
    finding.where = where;
    finding.message = std::move(message);
    findings_.push_back(std::move(finding));
  }

  const Workspace& workspace_;
  const AdapterSources& sources_;
  ChannelAdapters adapters_;
  std::vector<Diagnostic> findings_;
};

}  // namespace

Loaded<ChannelAdapters> make_adapters(const Workspace& workspace, const AdapterSources& sources) {
  return Maker(workspace, sources).make();
}

}  // namespace lotse
