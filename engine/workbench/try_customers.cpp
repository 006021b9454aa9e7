// Whom a session is about.
#include <fmt/format.h>

#include <algorithm>

#include "engine/journey/findings.hpp"
#include "engine/journey/shape.hpp"
#include "engine/workbench/split_arms.hpp"
#include "engine/workbench/try_session.hpp"

namespace lotse::trial {

namespace {

constexpr std::size_t customers_max = 100;

}  // namespace

Result<Reply> Session::customer(Words words) {
  if (words.empty()) {
    std::string text;
    const scenario::World world = world_before(steps_.size());
    for (std::size_t i = 0; i < customers_.size(); ++i) {
      const CustomerState state = world.state_of(customers_[i].identifier, now_.clock);
      const Instance* instance = latest_instance(state.journeys.front());
      const std::string where =
          instance == nullptr
              ? "in no instance"
              : fmt::format("{} {}", instance->ended ? "ended at" : "at",
                            at(journey_of(versions(), *instance).touchpoints, instance->stays.back().at).id);
      text += fmt::format("{} {}  {}\n", i == now_.current ? "▶" : " ", customers_[i].name, where);
    }
    return Reply{.text = std::move(text)};
  }
  const auto known = std::ranges::find(customers_, words.front().text, &Customer::name);
  if (known != customers_.end() && words.size() > 1)
    return fail(
        ErrorCode::bad_input,
        fmt::format("{} is there already: an arm can be chosen for a new customer only", known->name));
  const Point before = now_;
  if (known == customers_.end()) {
    LOTSE_TRY(Customer made, new_customer(words));
    customers_.push_back(std::move(made));
    now_.customers = customers_.size();
    now_.current = customers_.size() - 1;
  } else {
    now_.current = static_cast<std::size_t>(known - customers_.begin());
  }
  past_.push_back(before);
  std::string as =
      current().identifier.value == current().name
          ? ""
          : fmt::format(", known as user_id:{}, who falls into the arm", current().identifier.value);
  return Reply{.text = fmt::format("  now about {}{}\n", current().name, as)};
}

Result<Session::Customer> Session::new_customer(Words words) const {
  const std::string& name = words.front().text;
  if (customers_.size() == customers_max)
    return fail(ErrorCode::bad_input, fmt::format("a session has room for {} customers", customers_max));
  if (!shape::fits(name, shape::NameStyle::slug))
    return fail(ErrorCode::bad_input,
                fmt::format("`{}` is no name for a customer: letters, digits, `_`, `-`, `.`", name));
  const auto& never = workspace_.settings.identity_never;
  if (std::ranges::find(never, name) != never.end())
    return fail(ErrorCode::bad_input,
                fmt::format("`{}` identifies nobody in this workspace; take another name", name));
  Customer made{.name = name, .identifier = {.name_space = "user_id", .value = name}};
  std::vector<scenario::SplitArm> wanted;
  const std::vector<std::string_view> splits(journey().splits.begin(), journey().splits.end());
  for (const Word& word : words.subspan(1)) {
    const std::size_t sign = word.text.find('=');
    const std::string split = word.text.substr(0, sign);
    const auto found = std::ranges::find(splits, split);
    if (sign == std::string::npos || found == splits.end())
      return fail(ErrorCode::bad_input,
                  with_hint(fmt::format("`{}` is no split of {}; write SPLIT=ARM", split, journey().id),
                            did_you_mean_or_list(split, splits)));
    const std::string arm = word.text.substr(sign + 1);
    const auto arms =
        scenario::arms_of(journey(), SplitIndex{static_cast<std::uint32_t>(found - splits.begin())});
    const auto named = std::ranges::find(arms, arm, &scenario::NamedArm::name);
    if (named == arms.end()) {
      std::vector<std::string_view> names;
      for (const scenario::NamedArm& known : arms) names.push_back(known.name);
      return fail(ErrorCode::bad_input, with_hint(fmt::format("`{}` is no arm of {}", arm, split),
                                                  did_you_mean_or_list(arm, names)));
    }
    wanted.push_back({split, named->transition});
    made.arms.emplace_back(split, arm);
  }
  const auto identifier = scenario::in_arms(made.identifier, wanted);
  if (!identifier) return fail(ErrorCode::bad_input, "no customer falls into all of these arms");
  made.identifier = *identifier;
  const auto same = std::ranges::find(customers_, made.identifier, &Customer::identifier);
  if (same == customers_.end()) return made;
  return fail(ErrorCode::conflict,
              fmt::format("user_id:{} is {} already; take another name", made.identifier.value, same->name));
}

}  // namespace lotse::trial
