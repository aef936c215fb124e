"""What a finished run can be asked before one signs for it."""
