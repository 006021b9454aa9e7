#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/journey/draft.hpp"
#include "engine/journey/expressions.hpp"
#include "engine/journey/findings.hpp"
#include "engine/journey/shape.hpp"
#include "engine/journey/workspace.hpp"
#include "engine/journey/yaml.hpp"

namespace lotse {

/// Reads a journey file's nodes into a Draft: shapes, names, expressions. Findings J010 to J039; the checks
/// of what the journey means come after it (checks.hpp).
class JourneyReader {
 public:
  JourneyReader(Findings& findings, const Channels& channels, const FileLimits& limits);

  /// The draft holds what could be read; it is whole if no finding is an error.
  [[nodiscard]] Draft read(const yaml::Node& root);

 private:
  using Names = std::map<std::string, std::uint32_t, std::less<>>;
  /// Of a touchpoint, as seen before it is read: transitions refer forward.
  struct Announced {
    yaml::Entry entry;
    std::optional<TouchpointKind> kind;  ///< nothing where the keys do not tell
  };

  // read_journey.cpp: everything above and around the touchpoints.
  void read_head(shape::Section& root);
  void read_stages(shape::Section& root);
  void read_context(shape::Section& root);
  void announce_touchpoints(shape::Section& root);
  void make_environment();
  void read_segments(shape::Section& root);
  void read_remember(shape::Section& root);
  void read_exits(shape::Section& root);
  void read_promises(shape::Section& root);
  void read_feedback(shape::Section& root);
  void read_migration(shape::Section& root);
  void sort_event_types();

  // read_touchpoints.cpp
  void read_touchpoints(const std::string& journey_owner);
  void read_touchpoint(const Announced& announced, const std::string& journey_owner);
  void read_kind(shape::Section& section, Touchpoint& touchpoint, TouchpointSource& source);
  void read_send(const yaml::Node& node, Touchpoint& touchpoint, TouchpointSource& source);
  void read_handover(const yaml::Node& node, Touchpoint& touchpoint);
  void read_promise(const yaml::Node& node, Touchpoint& touchpoint, TouchpointSource& source);
  void read_transitions(shape::Section& section, std::string_view key, std::vector<Transition>& transitions,
                        std::vector<TransitionSource>& sources);
  void read_transition(const yaml::Node& node, std::vector<Transition>& transitions,
                       std::vector<TransitionSource>& sources);
  void read_trigger(shape::Section& section, Transition& transition, TransitionSource& source);
  void read_calendar(const yaml::Node& node, Transition& transition, TransitionSource& source);

  // Shared by both.
  [[nodiscard]] std::optional<AbandonAfter> read_abandon_after(shape::Section& section);
  [[nodiscard]] std::vector<EventTypeIndex> read_event_types(shape::Section& section);
  [[nodiscard]] std::vector<Capture> read_capture(shape::Section& section, const Absent& absent,
                                                  std::vector<PlacedExpression>& placed);
  [[nodiscard]] std::optional<Expression> read_elsewhere(shape::Section& section, std::string_view key,
                                                         Wanted wanted, const Absent& absent = {});
  [[nodiscard]] std::optional<std::uint32_t> look_up(const Names& names, const yaml::Node& node,
                                                     const char* code, std::string_view what);
  [[nodiscard]] std::optional<TouchpointIndex> touchpoint(const yaml::Node& node);
  [[nodiscard]] std::vector<FieldIndex> read_fields(shape::Section& section, std::string_view key);
  [[nodiscard]] std::optional<OutcomeIndex> read_outcome(shape::Section& section, std::string_view key);

  Findings& findings_;
  const Channels& channels_;
  const FileLimits& limits_;
  Draft draft_;
  Journey& journey_ = draft_.journey;
  ExpressionReader expressions_;
  std::vector<Announced> announced_;
  Names touchpoint_names_;
  Names stage_names_;
  Names field_names_;
  Names channel_names_;
  Names event_types_;  ///< with provisional indices, until sort_event_types()
  Names outcome_names_;
  Names split_names_;
};

}  // namespace lotse
