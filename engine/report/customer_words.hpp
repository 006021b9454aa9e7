#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/report/customer.hpp"
#include "engine/tracking/words.hpp"

/// Words that the text and the JSON of a customer share.
namespace lotse::customer {

inline constexpr std::string_view masked = "•••";

using lotse::word;

/// A value without the quotes of a string.
[[nodiscard]] std::string plain(const Value& value);

/// "the customer's", "ours: call_back is open", "a third party's".
[[nodiscard]] std::string turn_text(const Journey& journey, const Instance& instance);

/// `, outcome lost`, or nothing.
[[nodiscard]] std::string outcome_text(const Journey& journey, const Instance& instance);

/// A trait, or an instance's key; masked where it would tell a sensitive field, unless the report shows them.
[[nodiscard]] Value shown_trait(const CustomerReport& report, std::string_view name, const Value& value);
[[nodiscard]] std::optional<Value> shown_key(const CustomerReport& report, const Journey& journey,
                                             const Instance& instance);
[[nodiscard]] std::optional<double> shown_value(const CustomerReport& report, const Journey& journey,
                                                const Instance& instance);
[[nodiscard]] std::string shown_comment(bool show_sensitive, const Journey& journey,
                                        const Feedback& feedback);

/// What the item says; what it says of a sensitive field is masked unless the report shows them.
[[nodiscard]] Phrase unmasked_or_masked(const CustomerReport& report, const Trace::Item& item);

}  // namespace lotse::customer
