; Inno Setup 6: the installer for Windows, from the folder PyInstaller makes.
; usage: iscc /DVersion=0.1.0 installer\windows\odc-agent.iss
; For one user without questions:      odc-agent-setup.exe /VERYSILENT /CURRENTUSER
; For the computer, for roll-out:      odc-agent-setup.exe /VERYSILENT /ALLUSERS /NORESTART /SUPPRESSMSGBOXES
; To remove without questions:         unins000.exe /VERYSILENT /NORESTART, in the folder of the program
; Inno Setup 6.3 or later (x64compatible).
; Not run yet; see docs/administrators.md.
#ifndef Version
  #define Version "0.0.0"
#endif

[Setup]
AppId={{6C0B7E55-8F3B-4E0C-9E65-0D3A4C1B7F10}
AppName=Certificate Manager
AppVersion={#Version}
DefaultDirName={autopf}\odc-agent
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=commandline dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
; An agent that is ended like this goes on where it was when it starts again.
CloseApplications=force
RestartApplications=no
UninstallDisplayIcon={app}\odc-agent.exe
ShowLanguageDialog=no
OutputBaseFilename=odc-agent-setup
OutputDir=..\..\dist
; To sign setup and uninstaller, and each program of ours before them:
;   signtool sign /fd sha256 /td sha256 /tr TIMESTAMP_SERVER /a dist\odc-agent\odc-*.exe
;   iscc /DSign "/Ssign=signtool sign /fd sha256 /td sha256 /tr TIMESTAMP_SERVER /a $f" ...
#ifdef Sign
SignTool=sign
#endif

; In the system's language without asking; in English where it is neither.
[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "zh"; MessagesFile: "compiler:Default.isl,ChineseSimplified.isl"

[CustomMessages]
en.ProgramName=Certificate Manager
zh.ProgramName=证照管家

[Files]
Source: "..\..\dist\odc-agent\*"; DestDir: "{app}"; Flags: recursesubdirs ignoreversion

[Icons]
Name: "{autoprograms}\{cm:ProgramName}"; Filename: "{app}\odc-agentw.exe"; Parameters: "window"

[Registry]
; The start at login: the user's own key, or everybody's with /ALLUSERS.
Root: HKA; Subkey: "Software\Microsoft\Windows\CurrentVersion\Run"; ValueName: "odc-agent"; \
  ValueType: string; ValueData: """{app}\odc-agentw.exe"" run --wait"; Flags: uninsdeletevalue

[Run]
; The native host enters itself with the browsers of native_host/browsers.toml: below HKEY_CURRENT_USER,
; or HKEY_LOCAL_MACHINE with /ALLUSERS. A user's agent mends that at each start.
Filename: "{app}\odc-native-host.exe"; Parameters: "install"; Flags: runhidden; \
  Check: not IsAdminInstallMode
Filename: "{app}\odc-native-host.exe"; Parameters: "install --system"; Flags: runhidden; \
  Check: IsAdminInstallMode
; Rolled out for everybody by a service, nobody is there whose agent could start: it does at login.
Filename: "{app}\odc-agentw.exe"; Parameters: "run"; Flags: nowait; Check: not IsAdminInstallMode
Filename: "{app}\odc-agentw.exe"; Parameters: "run"; Description: "{cm:LaunchProgram,{cm:ProgramName}}"; \
  Flags: nowait postinstall skipifsilent runasoriginaluser; Check: IsAdminInstallMode

[UninstallRun]
; Which of these are run is decided when installing.
Filename: "{app}\odc-agent.exe"; Parameters: "quit"; Flags: runhidden; RunOnceId: "quit"
Filename: "{app}\odc-native-host.exe"; Parameters: "remove"; Flags: runhidden; \
  RunOnceId: "remove"; Check: not IsAdminInstallMode
Filename: "{app}\odc-native-host.exe"; Parameters: "remove --system"; Flags: runhidden; \
  RunOnceId: "remove-system"; Check: IsAdminInstallMode
