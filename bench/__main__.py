"""Run all measurements and print a table of each: ``make bench``."""

from bench import command, memory

if __name__ == "__main__":
    command.main()
    memory.main()
