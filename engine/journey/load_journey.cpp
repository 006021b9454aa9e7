#include <utility>

#include "engine/base/hash.hpp"
#include "engine/journey/findings.hpp"
#include "engine/journey/graph.hpp"
#include "engine/journey/read_journey.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/journey/yaml.hpp"

namespace lotse {

Loaded<std::shared_ptr<const Journey>> load_journey(std::string_view file, std::string_view text,
                                                    const Channels& channels, const WorkspaceSettings&,
                                                    const FileLimits& limits) {
  Findings findings(file, yaml::without_byte_order_mark(text));
  const auto document = yaml::parse(findings, limits);
  if (!document) return {std::nullopt, findings.take()};
  Draft draft = JourneyReader(findings, channels, limits).read(document->root());
  if (findings.has_errors()) return {std::nullopt, findings.take()};

  Journey& journey = draft.journey;
  journey.file = file;
  journey.source = text;
  journey.content_hash = hex(sha256(text));
  journey.graph = graph_facts(journey);
  return {std::make_shared<const Journey>(std::move(journey)), findings.take()};
}

}  // namespace lotse
