"""Access logs, as servers write them: sans-IO readers of lines, and what adds them up."""
