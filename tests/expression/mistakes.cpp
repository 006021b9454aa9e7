#include <catch2/catch.hpp>
#include <string>

#include "engine/base/diagnostic.hpp"
#include "engine/expression/expression.hpp"
#include "tests/expression/support.hpp"

namespace lotse {
namespace {

/// All mistakes of a text as its author sees them: the text, a caret, the message, the hint.
std::string shown(std::string_view source, const ExpressionLimits& limits = {}) {
  const auto compiled = Expression::compile(source, test::journey_environment(), limits);
  if (compiled) return "no mistake";
  std::string text;
  for (const ExpressionError& error : compiled.error()) {
    text += "\n" + std::string(source) + "\n" + std::string(error.offset, ' ') + "^\n" + error.message;
    if (!error.hint.empty()) text += "\nhint: " + error.hint;
    if (error.unfinished) text += "\n(the text ends early)";
  }
  return text;
}

}  // namespace

TEST_CASE("mistakes: an author is told what is wrong, where, and what was meant", "[expression][mistakes]") {
  struct Row {
    const char* why;
    const char* source;
    const char* shown;
  };
  const auto row =
      GENERATE(Row{"one equals sign", R"~(event.product = "broadband")~", R"~(
event.product = "broadband"
              ^
`=` is no operator
hint: did you mean `==`?)~"},
               Row{"a word for &&", R"~(event.amount >= 100 and event.product == "x")~", R"~(
event.amount >= 100 and event.product == "x"
                    ^
`and` is no operator
hint: write `&&`)~"},
               Row{"a word for ||", R"~(event.paid or event.late)~", R"~(
event.paid or event.late
           ^
`or` is no operator
hint: write `||`)~"},
               Row{"a word for !", R"~(not event.paid)~", R"~(
not event.paid
^
`not` is no operator
hint: write `!` before a condition)~"},
               Row{"two thirds of an arrow", R"~(event.amount => 100)~", R"~(
event.amount => 100
             ^
`=>` is no operator
hint: did you mean `>=`?)~"},
               Row{"SQL's inequality", R"~(event.amount <> 5)~", R"~(
event.amount <> 5
             ^
`<>` is no operator
hint: did you mean `!=`?)~"},
               Row{"one ampersand", R"~(event.late & event.paid)~", R"~(
event.late & event.paid
           ^
`&` is no operator
hint: did you mean `&&`?)~"},
               Row{"a variable misspelt", R"~(evnet.amount > 3)~", R"~(
evnet.amount > 3
^
unknown name `evnet`
hint: did you mean `event`?)~"},
               Row{"a field misspelt", R"~(context.appointmnt > now)~", R"~(
context.appointmnt > now
        ^
`appointmnt` is no field of `context`
hint: did you mean `appointment`?)~"},
               Row{"a field without its record", R"~(plan == "fibre")~", R"~(
plan == "fibre"
^
unknown name `plan`
hint: did you mean `context.plan`?)~"},
               Row{"a text without quotes", R"~(event.product == broadband)~", R"~(
event.product == broadband
                 ^
unknown name `broadband`
hint: a text is written in quotes: "broadband")~"},
               Row{"a text without its end", R"~(event.product == "broadband)~", R"~(
event.product == "broadband
                 ^
a text begun with " has no closing "
(the text ends early))~"},
               Row{"quotes of a word processor", R"~(event.name == “x”)~", R"~(
event.name == “x”
              ^
“ opens no text
hint: write "…" or '…')~"},
               Row{"a quote within a text", R"~(event.name == 'it's')~", R"~(
event.name == 'it's'
                  ^
expected an operator or the end, found `s`
hint: a quote within a text is written \' or \")~"},
               Row{"a parenthesis left open", R"~((event.amount > 3)~", R"~(
(event.amount > 3
                 ^
expected `)`, but the expression ends
(the text ends early))~"},
               Row{"a parenthesis too many", R"~(event.amount > 3))~", R"~(
event.amount > 3)
                ^
`)` closes nothing)~"},
               Row{"split at a comma by YAML", R"~(event.items.exists(x)~", R"~(
event.items.exists(x
                    ^
expected `)`, but the expression ends
(the text ends early))~"},
               Row{"a list split at a comma", R"~(event.amount in [1)~", R"~(
event.amount in [1
                  ^
expected `,` or `]`, but the expression ends
(the text ends early))~"},
               Row{"two conditions with a comma", R"~(event.x == 1, event.y == 2)~", R"~(
event.x == 1, event.y == 2
            ^
`,` stands between no arguments
hint: conditions are joined by && and ||)~"},
               Row{"a decimal comma", R"~(event.amount > 1,5)~", R"~(
event.amount > 1,5
                ^
`,` stands between no arguments
hint: decimals are written with a point: 1.5)~"},
               Row{"types that never meet", R"~(context.plan == 3)~", R"~(
context.plan == 3
             ^
a string never equals an int)~"},
               Row{"types without an order", R"~(context.order_value > "100")~", R"~(
context.order_value > "100"
                    ^
`>` does not compare a double with a string)~"},
               Row{"comparisons in a chain", R"~(1 < context.order_value < 5)~", R"~(
1 < context.order_value < 5
                        ^
`<` does not compare a bool with an int
hint: write `a < b && b < c`)~"},
               Row{"a text where a condition is wanted", R"~(context.plan && event.paid)~", R"~(
context.plan && event.paid
^
`&&` wants a condition, and this is a string
hint: compare it: … == "…")~"},
               Row{"a text plus a number", R"~("plan " + context.order_value)~", R"~(
"plan " + context.order_value
        ^
`+` does not apply to a string and a double
hint: string(…) makes a text of a value)~"},
               Row{"looking for a part of a text", R"~("fib" in context.plan)~", R"~(
"fib" in context.plan
      ^
`in` looks into a list or a map, not into a string
hint: write text.contains(part))~"},
               Row{"a variable that this place does not have", R"~(task.result == "x")~", R"~(
task.result == "x"
^
only a handover has a task: `task` cannot be used here)~"},
               Row{"a function misspelt", R"~(event.product.startswith("b"))~", R"~(
event.product.startswith("b")
              ^
unknown function `startswith`
hint: did you mean `startsWith`?)~"},
               Row{"a method called as a function", R"~(startsWith(event.product, "b"))~", R"~(
startsWith(event.product, "b")
^
unknown function `startsWith`
hint: write value.startsWith(…))~"},
               Row{"a function with other arguments", R"~(context.plan.startsWith(1))~", R"~(
context.plan.startsWith(1)
             ^
there is no string.startsWith(int)
hint: there is string.startsWith(string))~"},
               Row{"a hyphen in a name", R"~(visits.call-back > 1)~", R"~(
visits.call-back > 1
       ^
`call` is no field of `visits`
hint: a hyphen is a minus here: write visits["call-back"])~"},
               Row{"a macro without its name", R"~(event.items.exists(x > 1))~", R"~(
event.items.exists(x > 1)
            ^
`exists` takes a name and a condition
hint: as in list.exists(x, x > 0))~"},
               Row{"has() of a whole variable", R"~(has(event))~", R"~(
has(event)
^
has() asks for one field
hint: as in has(event.amount))~"},
               Row{"a pattern that is none", R"~(context.plan.matches("("))~", R"~(
context.plan.matches("(")
                     ^
"(" is no regular expression: missing ): ()~"},
               Row{"a zone that is none", R"~(now.getHours("Europe/Berlni") > 5)~", R"~(
now.getHours("Europe/Berlni") > 5
             ^
"Europe/Berlni" is no time zone
hint: as in "Europe/Berlin" or "+02:00")~"},
               Row{"a date that is none", R"~(now > timestamp("2024-13-01"))~", R"~(
now > timestamp("2024-13-01")
                ^
"2024-13-01" is no timestamp
hint: as in timestamp("2024-03-01T09:00:00+01:00"))~"},
               Row{"a duration that is none", R"~(now - event.meta.time > duration("1 month"))~", R"~(
now - event.meta.time > duration("1 month")
                                 ^
"1 month" is no duration
hint: as in duration("2d12h"); months and years have no fixed length)~"},
               Row{"a duration without its function", R"~(event.age > 3d)~", R"~(
event.age > 3d
            ^
`3d` is no number
hint: a duration is written duration("3d"))~"},
               Row{"a number too large", R"~(event.x == 99999999999999999999)~", R"~(
event.x == 99999999999999999999
           ^
99999999999999999999 is beyond the range of 64 bits
hint: a double is written with a point: 1e19 or 1.0)~"},
               Row{"an unknown escape", R"~(event.x == "a\qb")~", R"~(
event.x == "a\qb"
             ^
`\q` is no escape
hint: a backslash itself is written \\; in r"…" nothing is escaped)~"},
               Row{"half a conditional", R"~(event.x ? 1)~", R"~(
event.x ? 1
           ^
expected `:` of `… ? … : …`, but the expression ends
(the text ends early))~"},
               Row{"another language's conditional", R"~(if event.x then 1)~", R"~(
if event.x then 1
^
`if` is a reserved word
hint: write `condition ? value : other`)~"},
               Row{"a word of the language as a name", R"~(event.in)~", R"~(
event.in
      ^
`in` is a word of the language and no name after `.`
hint: write ["in"])~"},
               Row{"what CEL has and Lotse has not", R"~(event.?x)~", R"~(
event.?x
      ^
optional values (`.?`) are not supported
hint: ask with has(…) first)~"},
               Row{"an operator without its right side", R"~(event.x == 5 &&)~", R"~(
event.x == 5 &&
               ^
expected a value, but the expression ends
(the text ends early))~"},
               Row{"nothing at all", R"~()~", R"~(

^
the expression is empty
(the text ends early))~"},
               Row{"a field of what has none", R"~(context.plan.name)~", R"~(
context.plan.name
             ^
a string has no fields: `name` cannot be)~"},
               Row{"a double as a key", R"~({1.5: "a"})~", R"~(
{1.5: "a"}
 ^
a double is no key: keys are strings, ints, uints or bools)~"},
               Row{"a text by index", R"~(context.plan[0])~", R"~(
context.plan[0]
            ^
a string has no elements
hint: one character is text.charAt(index))~"});
  CAPTURE(row.why);

  CHECK(shown(row.source) == row.shown);
}

TEST_CASE("mistakes: all of them are told at once, in the order of the text", "[expression][mistakes]") {
  CHECK(shown("context.paln == \"a\" && evnet.x > 1 && context.plan > 3") == R"(
context.paln == "a" && evnet.x > 1 && context.plan > 3
        ^
`paln` is no field of `context`
hint: did you mean `plan`?
context.paln == "a" && evnet.x > 1 && context.plan > 3
                       ^
unknown name `evnet`
hint: did you mean `event`?
context.paln == "a" && evnet.x > 1 && context.plan > 3
                                                   ^
`>` does not compare a string with an int)");
}

}  // namespace lotse
