#include <memory>
#include <utility>

#include "engine/base/hash.hpp"
#include "engine/journey/checks.hpp"
#include "engine/journey/findings.hpp"
#include "engine/journey/graph.hpp"
#include "engine/journey/read_journey.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/journey/yaml.hpp"

namespace lotse {
Loaded<std::shared_ptr<const Journey>> load_journey(std::string_view file, std::string_view text,
                                                    const Channels& channels,
                                                    const WorkspaceSettings& settings,
                                                    const FileLimits& limits) {
  Findings findings(file, yaml::without_byte_order_mark(text));
  const auto document = yaml::parse(findings, limits);
  if (!document) return {std::nullopt, findings.take()};
  Draft draft = JourneyReader(findings, channels, limits).read(document->root());
  if (!findings.has_any("J001", "J033")) {  // else shapes or names are wrong: what it means cannot be told
    draft.journey.graph = graph_facts(draft.journey);
    draft.expressions_read = !findings.has_any("J034", "J039");
    check_graph(findings, draft);
    check_transitions(findings, draft);
    check_messages(findings, draft, channels, settings);
    if (draft.expressions_read) {
      check_conditions(findings, draft);
      check_data(findings, draft);
      check_time(findings, draft);
    }
  }
  if (findings.has_errors()) return {std::nullopt, findings.take()};

  Journey& journey = draft.journey;
  journey.file = file;
  journey.source = text;
  journey.content_hash = hex(sha256(text));
  return {std::make_shared<const Journey>(std::move(journey)), findings.take()};
}

}  // namespace lotse
