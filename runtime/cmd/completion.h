// Completion scripts, made from the table of commands: no second list to keep in step.
#pragma once

#include <string>

#include "runtime/cmd/command.h"

namespace cmd {

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

// What may stand for a flag's value, for the three of them.
enum class ValueSort : unsigned char { None, Directory, File, Words, Other };
ValueSort value_sort(const Flag& flag);
std::string choice_words(std::string_view choices, char separator);  // "text|json" -> "text json"

// What the first argument of a command is.
enum class ArgumentSort : unsigned char { None, Container, Command, Words };
ArgumentSort argument_sort(const Command& command);

// The names of all signals, "TERM KILL ...", for the argument of `kill`.
std::string signal_words();

}  // namespace cmd
