// What an event tells beside moving somebody: exits, feedback, remembered facts, tasks that are done.
#include <algorithm>
#include <chrono>

#include "engine/tracking/step.hpp"

namespace lotse {
namespace {

/// For so long after its end feedback is about an instance's last stay. SEMANTICS.md, section 3.
constexpr Duration feedback_after_end = std::chrono::days(30);

/// What a scale can say; anything else is no answer on it.
bool is_on(Scale scale, double score) {
  switch (scale) {
    case Scale::nps:
      return score >= 0 && score <= 10;
    case Scale::csat5:
      return score >= 1 && score <= 5;
    case Scale::ces7:
      return score >= 1 && score <= 7;
    case Scale::stars:
      return score >= 0 && score <= 5;
    case Scale::sentiment:
      return score >= -1 && score <= 1;
  }
  return false;
}

}  // namespace

void Step::apply_exits() {
  const Instance* meant = addressed();
  if (meant == nullptr) meant = newest_active();
  for (Instance& instance : state_.instances) {
    if (!reaction(instance.version).exits) continue;
    if (instance.ended && !can_return(instance)) continue;
    if (const ExitRule* rule = exit_rule(instance, &instance == meant)) exit(instance, *rule);
  }
}

const ExitRule* Step::exit_rule(Instance& instance, bool meant) {
  for (const ExitRule& rule : journey_of(instance).exit_when) {
    if (!meant && !rule.all_instances) continue;
    if (is_named(rule.on, instance.version) && holds(instance, rule.when)) return &rule;
  }
  return nullptr;
}

/// A dropped instance has no open stay to leave: its drop-off stays one, the instance counts as exited.
void Step::exit(Instance& instance, const ExitRule& rule) {
  note(Trace::Kind::exited, &instance, "{} takes it out of the journey at {}: {}", event_->type,
       position(instance).id, at(journey_of(instance).outcomes, rule.outcome));
  if (!instance.ended) {
    end(instance, Cause::exited, rule.outcome);
  } else {
    instance.outcome = rule.outcome;
    instance.ended_at = now_;
  }
}

void Step::apply_feedback() {
  Instance* instance = subject_of_feedback();
  const VersionIndex version = instance == nullptr ? version_in_force() : instance->version;
  if (!reaction(version).feedback) return;
  for (const FeedbackRule& rule : at(where_.versions.versions, version)->feedback) {
    if (!is_named(rule.on, version) || !holds(instance, version, rule.when)) continue;
    if (instance == nullptr || !attribute(*instance, rule)) {
      ++state_.unattributed_feedback;
      note(Trace::Kind::feedback, instance, "{} finds no stay that it could be about", event_->type);
    }
  }
}

Instance* Step::subject_of_feedback() {
  Instance* instance = addressed();
  if (instance == nullptr) instance = newest_active();
  if (instance == nullptr) instance = last_ended();
  return instance;
}

/// False if it finds no stay. A score that cannot be read, or is not on its scale, is a failed expression.
bool Step::attribute(Instance& instance, const FeedbackRule& rule) {
  if (instance.ended && now_ - instance.ended_at > feedback_after_end) return false;
  const auto score = evaluate(instance, rule.score);
  if (!score) return true;
  const auto number = score->number();
  if (!number || !is_on(rule.scale, *number)) {
    ++instance.expression_errors;
    note(Trace::Kind::expression_failed, &instance, "{} is not on the scale: {}", rule.score.source(),
         describe(*score));
    return true;
  }
  Stay* stay = stay_of_feedback(instance, rule);
  if (stay == nullptr) return false;
  const auto comment = rule.comment ? look(instance, *rule.comment) : std::nullopt;
  const std::string* text = comment ? comment->string() : nullptr;
  stay->feedback.push_back({.at = now_,
                            .scale = rule.scale,
                            .score = *number,
                            .comment = text == nullptr ? std::string() : *text,
                            .segments = segments(instance)});
  if (!instance.ended) instance.stays.back().last_activity = now_;
  note(Trace::Kind::feedback, &instance, "{} gives {} about {}", event_->type, *number,
       at(journey_of(instance).touchpoints, stay->at).id);
  return true;
}

Stay* Step::stay_of_feedback(Instance& instance, const FeedbackRule& rule) {
  if (rule.about) {
    const auto about = evaluate(instance, *rule.about);
    if (about && about->string() != nullptr) return last_stay_at(instance, *about->string());
  }
  if (const auto asked = asked_about(instance)) {
    return last_stay_at(instance, at(journey_of(instance).touchpoints, *asked).id);
  }
  return &instance.stays.back();
}

Stay* Step::last_stay_at(Instance& instance, std::string_view touchpoint) {
  const auto index = journey_of(instance).find_touchpoint(touchpoint);
  if (!index) return nullptr;
  const auto found = std::find_if(instance.stays.rbegin(), instance.stays.rend(),
                                  [&](const Stay& stay) { return stay.at == *index; });
  return found == instance.stays.rend() ? nullptr : &*found;
}

/// The `about` of the survey that the event names as its touchpoint, else of the latest message or task
/// beside the stay that has one, else of the position.
std::optional<TouchpointIndex> Step::asked_about(const Instance& instance) const {
  const Journey& journey = journey_of(instance);
  const auto named = property("touchpoint");
  const auto survey = named ? journey.find_touchpoint(*named) : std::nullopt;
  if (survey && at(journey.touchpoints, *survey).about) return at(journey.touchpoints, *survey).about;
  for (std::size_t i = instance.beside.size(); i-- > 0;) {
    const Touchpoint& beside = at(journey.touchpoints, instance.beside[i].touchpoint);
    if (beside.about) return beside.about;
  }
  return position(instance).about;
}

/// A dropped instance that may come back remembers too, so that it does not come back with what is no longer
/// true.
void Step::apply_remembered() {
  const Instance* meant = addressed();
  if (meant == nullptr) meant = newest_active();
  for (Instance& instance : state_.instances) {
    if (!reaction(instance.version).remembered) continue;
    if (instance.ended && !can_return(instance)) continue;
    remember(instance, &instance == meant);
  }
}

void Step::remember(Instance& instance, bool meant) {
  for (const RememberRule& rule : journey_of(instance).remember) {
    if (!meant && !rule.all_instances) continue;
    if (is_named(rule.on, instance.version) && holds(instance, rule.when)) capture(instance, rule.capture);
  }
}

/// Our turn ends with the last open task, where the position's turn is the customer's.
void Step::close_task() {
  Effect* task = task_in_question();
  if (task == nullptr) return;
  Instance& instance = at(state_.instances, task->instance);
  task->task = TaskStatus::done;
  task->ended = now_;
  --instance.open_tasks;
  note(Trace::Kind::task, &instance, "{} is done", touchpoint_id(*task));
  if (!instance.ended && instance.open_tasks == 0) instance.stays.back().last_activity = now_;
}

/// The task with the key that the event gives, else the latest open one of the touchpoint that it names.
Effect* Step::task_in_question() {
  const auto is_open = [](const Effect& effect) { return effect.task == TaskStatus::open; };
  const auto touchpoint = property("task");
  const Effect* named = named_effect();
  for (auto effect = state_.effects.rbegin(); effect != state_.effects.rend(); ++effect) {
    if (!is_open(*effect)) continue;
    if (named != nullptr && &*effect != named) continue;
    if (named == nullptr && touchpoint_id(*effect) != touchpoint) continue;
    const Instance& instance = at(state_.instances, effect->instance);
    if (named != nullptr || lacks_key(instance.version) || is_meant(instance)) return &*effect;
  }
  return nullptr;
}

}  // namespace lotse
